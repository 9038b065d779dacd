"""Delivery's own alerts: one that stands for many, so that somebody is told once.

They live in delivery's table, never in journey.alerts, and go the way of all alerts: to the sinks and the read side.
"""

from __future__ import annotations

import msgspec

from stream.alerts import alert_id
from stream.claims import Alert, Severity

INCIDENT, BUDGET, WAITED, DEMOTED = "incident", "page_budget", "pages_held_back", "signal_demoted"
OWN = (INCIDENT, BUDGET, WAITED, DEMOTED)
_SHOWN = 10  # alerts that one names


def opened(
    signal: str, subject: str, at: int, text: str, *, severity: Severity = Severity.page, clears: str, run: int,
    numbers: dict[str, int], about: list[str], cut: dict[str, str],
) -> Alert:  # fmt: skip
    """A new one, at log time `at` (ms), which is its cause too: so it has one episode, and an id that never returns.

    `about` = the alerts that it stands for.
    """
    return Alert(
        id=alert_id(signal, subject, str(at)),
        signal=signal,
        version=1,
        definition=f"{signal}@1",
        subject=subject,
        cause=str(at),
        episode=1,
        severity=severity.name,
        max_severity=severity.name,
        status="open",
        change="opened",
        opened=at,
        changed=at,
        since=at,
        text=text,
        numbers=numbers,
        evidence=[{"alert": id} for id in about[:_SHOWN]],
        clears=clears,
        warns_of="-",
        segment=cut.get("segment"),
        cut=cut,
        run=run,
    )


def amended(alert: Alert, at: int, text: str, numbers: dict[str, int]) -> Alert:
    """The next version, which says more."""
    changes = {"version": alert.version + 1, "change": "amended", "changed": at, "text": text, "numbers": numbers}
    return msgspec.structs.replace(alert, **changes)


def ended(alert: Alert, at: int, text: str = "", numbers: dict[str, int] | None = None) -> Alert:
    """The last version."""
    said = {"text": text or alert.text, "numbers": alert.numbers if numbers is None else numbers}
    over = {"version": alert.version + 1, "status": "resolved", "change": "resolved", "changed": at, "resolved": at}
    return msgspec.structs.replace(alert, **over, **said, until=at)
