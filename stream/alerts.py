"""The life of an alert, from the intervals in which a signal holds. Pure: the clock is an argument.

An alert is open at clock c if some interval has since <= c < until + linger and no verdict has a time >= since.
An interval that is over when first heard opens nothing; one that is taken back ends its alert (withdrawn).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from stream.claims import Alert, Cut, Finding, Severity, Signal, Span, Touch, Watch
from stream.event import uid
from stream.journey import Held

_NAMES = {int(one): one.name for one in Severity}


def alert_id(signal: str, subject: str, cause: str) -> str:
    """20 hex digits that name one alert for ever: of signal, subject and cause, never of a time."""
    return blake2b(f"{signal}\0{subject}\0{cause}".encode(), digest_size=10).hexdigest()


def judge(
    held: Held, found: Sequence[Finding], clock: int, linger: int, verdict: int = 0, *, backfill: bool = False
) -> str | None:
    """Bring one alert up to the clock; mutates `held` and names the change, None if there is none.

    `found` = all intervals of this signal and cause; `verdict` = time of the newest verdict, ms.
    """
    live = [f for f in found if f.since <= clock and (f.until is None or clock < f.until + linger)]
    standing = [f for f in live if f.since > verdict]
    if standing:
        top = standing[0] if len(standing) == 1 else max(standing, key=lambda f: (f.severity, f.since))
        return _stand(held, top, clock, backfill=backfill)
    if held.status != "open":
        return None
    held.version += 1
    over = _ended(held, found, clock, linger)
    held.status = "closed" if live else "resolved" if over else "withdrawn"
    held.finding = over or held.finding
    return held.status


def _stand(held: Held, top: Finding, clock: int, *, backfill: bool) -> str | None:
    if held.status != "open":
        held.episode += 1
        held.opened, held.backfill = clock, backfill
        held.max_severity = 0
        change = "opened"
    elif held.finding is not None and _content(top) == _content(held.finding):
        held.finding = top
        return None
    else:
        change = "amended"
    held.version += 1
    held.status = "open"
    held.finding = top
    held.severity = int(top.severity)
    held.max_severity = max(held.max_severity, held.severity)
    return change


def _content(f: Finding) -> tuple[object, ...]:
    return f.since, f.severity, f.text, f.numbers, f.evidence, f.clears, f.doubtful, f.rank


def _ended(held: Held, found: Sequence[Finding], clock: int, linger: int) -> Finding | None:
    """The newest interval that reached into what was held and is over: else it was taken back."""
    since = held.finding.since if held.finding else 0
    over = [f for f in found if f.until is not None and since <= f.until + linger <= clock]
    return max(over, key=lambda f: f.until or 0, default=None)


def spans(found: Iterable[Finding]) -> list[Span]:
    """When findings hold."""
    return [(finding.since, finding.until) for finding in found]


def ahead(spans: Iterable[tuple[Any, ...]], clock: int, linger: int, times: list[int]) -> bool:
    """Add to `times` when these intervals begin and end by themselves after `clock`; whether one holds at `clock`.

    `spans` = tuples that begin with (since, until), ms.
    """
    holds = False
    for span in spans:
        since, until = span[0], span[1]
        if until is not None:
            if (over := until + linger) <= clock:
                continue
            times.append(over)
        if since > clock:
            times.append(since)
        else:
            holds = True
    return holds


def tell(
    id_: str,
    held: Held,
    change: str,
    signal: Signal | Watch,
    subject: str,
    clock: int,
    *,
    trail: Sequence[Touch] = (),
    vip: bool = False,
    mrr: int = 0,
    segment: str | None = None,
    run: int = 1,
    cut: Cut = (),
) -> Alert:
    """The record of one change of the alert `id_`, with its evidence as far as the trail knows it."""
    finding = held.finding
    assert finding is not None  # an alert that never stood has no change to tell
    return Alert(
        id=id_,
        definition=f"{signal.name}@{signal.version}",
        subject=subject,
        change=change,
        changed=clock,
        resolved=None if held.status == "open" else clock,
        **_of_held(held),
        **_of_finding(finding, trail),
        warns_of=signal.warns_of,
        vip=vip,
        mrr=mrr,
        segment=segment,
        run=run,
        cut=dict(cut),
    )


def _of_held(held: Held) -> dict[str, Any]:
    return {
        "signal": held.signal,
        "version": held.version,
        "cause": held.cause,
        "episode": held.episode,
        "severity": _NAMES[held.severity],
        "max_severity": _NAMES[held.max_severity],
        "status": held.status,
        "opened": held.opened,
        "backfill": held.backfill,
    }


def _of_finding(finding: Finding, trail: Sequence[Touch]) -> dict[str, Any]:
    known = _known(finding.evidence, trail)
    return {
        "since": finding.since,
        "until": finding.until,
        "text": finding.text,
        "numbers": dict(finding.numbers),
        "evidence": [known.get(one) or {"uid": f"{one:016x}"} for one in finding.evidence],
        "clears": finding.clears,
        "doubtful": finding.doubtful,
        "rank": finding.rank,
        "trail": list(trail),
    }


def _known(evidence: Sequence[int], trail: Sequence[Touch]) -> dict[int, Touch]:
    """The touches of these uids, as far as the trail has them: mostly the newest."""
    left = dict.fromkeys(evidence)
    known: dict[int, Touch] = {}
    for touch in reversed(trail):
        if not left:
            break
        if (name := uid(str(touch["source"]), str(touch["id"]))) in left:
            known[name] = touch
            del left[name]
    return known
