"""What a help desk says beside tests/support/builders.py, and one signal's alerts over hand-written events."""

from __future__ import annotations

from typing import Any

from stream.definitions import DAY, HOUR, MINUTE, Definitions
from stream.event import uid
from stream.infra.plugins import tuned
from stream.plan import Plan
from tests.support.builders import DEFINITIONS, SIGNALS_FOUND, START, Run, Told, event, fold, log_of, rfc3339

H, D, M = HOUR, DAY, MINUTE


def waiting(ticket: str, at: int, on: str = "customer", **given: Any) -> Told:
    return event("ticket.waiting", at, {"ticket": ticket, "on": on}, **given)


def asked(ticket: str, at: int, field: str, **given: Any) -> Told:
    return event("ticket.info_requested", at, {"ticket": ticket, "field": field}, **given)


def promised(ticket: str, at: int, by: int, **given: Any) -> Told:
    """A promise made, or moved, after the opening; `by` = ms after START."""
    return event("ticket.updated", at, {"ticket": ticket, "promised_by": rfc3339(START + by)}, **given)


def opened_for(ticket: str, at: int, by: int, **given: Any) -> Told:
    """A ticket opened with a promise."""
    return event(
        "ticket.opened", at, {"ticket": ticket, "channel": "chat", "promised_by": rfc3339(START + by)}, **given
    )


def step(ticket: str, id_: str) -> str:
    """The cause that is a step of a ticket, by the id of its event."""
    return f"{ticket}:{uid('test', id_):016x}"


def judge(
    signal: str, *events: Told, until: int | None = None, ticks: tuple[int, ...] = (), d: Definitions = DEFINITIONS,
    **tuning: Any,
) -> Run:  # fmt: skip
    """Events in log order through one partition with this signal alone, as `tuning` sets its fields."""
    plugin, faults = tuned(SIGNALS_FOUND[signal], tuning)
    assert not faults
    ends = (*ticks, *(() if until is None else (until,)))
    return fold(log_of(events, ends)[0], d, Plan([], [plugin]))


def said(signal: str, *events: Told, **given: Any) -> list[tuple[int, str]]:
    """[(log time after START, "change severity cause #episode")]."""
    return judge(signal, *events, **given).history(signal)
