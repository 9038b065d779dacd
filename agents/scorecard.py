"""What a backtest found, for people: tables, and what follows from them in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agents.summary import table
from agents.sweep import shown
from stream.bounds import Bounds, wilson
from stream.notices import span
from stream.outcome import Outcome
from stream.score import Score, Table, Worth

HEAD = ("alerts a day", "peak", "warned", "precision", "recall", "lift", "against quiet", "lead", "worth")


def card(score: Score) -> Iterator[str]:
    """One setting in full."""
    t = score.table
    calm = Table(t.n - t.warned, t.n - t.warned, t.happened - t.both, t.happened - t.both)
    rows = [
        ("warned", f"{t.warned:,}", f"{t.both:,}", *_rate(t.both, t.warned), "precision"),
        ("not warned", f"{calm.n:,}", f"{calm.both:,}", *_rate(calm.both, calm.n), ""),
        ("all", f"{t.n:,}", f"{t.happened:,}", *_rate(t.happened, t.n), "base rate"),
    ]
    yield from table([("", "cases", "happened", "rate", "95 %", ""), *rows], right=(1, 2, 3))
    yield ""
    yield f"recall     {_spread(t.both, t.happened)}: {t.both:,} of {t.happened:,} were warned in time"
    against = _times(score.against_quiet, score.against_quiet_bounds)
    yield f"lift       {_times(t.lift, t.lift_bounds)} against the base rate; {against} against those not warned"
    yield f"lead time  {_span(score.lead)} (median)"
    yield f"alerts     {_alerts(score)}"


def sweep(scores: Sequence[Score]) -> Iterator[str]:
    """A line for each setting."""
    (name,) = scores[0].setting
    rows = []
    for score in scores:
        t = score.table
        cells = [shown(name, score.setting[name]), f"{score.a_day:,.1f}", f"{score.peak[0]:,}", f"{t.warned:,}"]
        cells += [_spread(t.both, t.warned), _percent(t.recall), _times(t.lift, t.lift_bounds)]
        cells += [_times(score.against_quiet, score.against_quiet_bounds), _span(score.lead), t.worth.value]
        rows.append(cells)
    yield from table([(name, *HEAD), *rows], right=(0, 1, 2, 3))
    happened, n = scores[0].quiet
    yield ""
    yield f"quiet = no setting warned of them: {n:,} cases, to {happened:,} it happened, {_spread(happened, n)}"


def verdict(score: Score, signal: str, outcome: Outcome) -> str:
    """What follows, in a sentence or two."""
    t, name = score.table, outcome.name
    happened, n = score.quiet
    rates = f"{_percent(t.precision)} of those warned against {_percent(t.base)} of all"
    rates += f" and {_percent(happened / n)} of the quiet" if n else ""
    lift = _times(t.lift, t.lift_bounds)
    return {
        Worth.NOTHING: f"Nothing to judge by: {t.n:,} cases, {t.warned:,} of them warned, {t.happened:,} happened.",
        Worth.WARNS: f"{signal} warns of {name}: {rates}, lift {lift}.",
        Worth.BARELY: f"{signal} says little about {name}: {rates}, lift {lift}.",
        Worth.USELESS: f"For {name}, {signal} is useless: {rates}, lift {lift}. Who is warned fares as everybody does; "
        "do not let it page for that.",
        Worth.CONTRARY: f"{signal} says the contrary of {name}: {rates}, lift {lift}. It happens less to those warned.",
        Worth.OPEN: f"Too few to tell whether {signal} warns of {name}: {rates}, lift {lift}. Take a longer history.",
    }[t.worth]


def _alerts(score: Score) -> str:
    taken_back = f"; {score.withdrawn:,} withdrawn later" if score.withdrawn else ""
    return f"{score.alerts:,} in {score.days:,.1f} d: {score.a_day:,.1f} a day{_peak(score)}{taken_back}"


def _peak(score: Score) -> str:
    most, at = score.peak
    return f", {most:,} on the worst day ({datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d})" if most else ""


def _rate(part: int, whole: int) -> tuple[str, str]:
    """A share, and its interval."""
    return (_percent(part / whole), _between(wilson(part, whole))) if whole else ("-", "-")


def _spread(part: int, whole: int) -> str:
    rate, between = _rate(part, whole)
    return f"{rate} ({between})" if whole else "-"


def _between(bounds: Bounds) -> str:
    return f"{100 * max(bounds[0], 0):.1f} .. {100 * bounds[1]:.1f}"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.1f} %"


def _times(value: float | None, bounds: Bounds | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" + (f" ({bounds[0]:.2f} .. {bounds[1]:.2f})" if bounds else "")


def _span(ms: int | None) -> str:
    return "-" if ms is None else span(ms)
