"""How alerts reach people: the settings of delivery. They may change from start to start; no state is made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from stream.definitions import HOUR
from stream.faults import Duration
from stream.ranking import Weights

Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Quiet = Literal["none", "customers", "all"]

_TICKETS = ("missed_promise", "no_next_step", "sla_at_risk", "stalled_handoff", "repeat_contact", "self_service_failed")
_SCORES = ("low_score", "falling_ces")
ABSORBS = {
    "volume_surge": _TICKETS,
    "content_failing": ("self_service_failed", "repeat_contact"),
    "falling_ces_segment": _SCORES,
    "kpi_fell": (*_TICKETS, *_SCORES),
}


class Team(Struct, frozen=True, forbid_unknown_fields=True):
    """What is otherwise for one team; -1 and "" = as for all."""

    budget: Annotated[int, Meta(ge=-1, le=1_000_000)] = -1
    quiet: Literal["", "none", "customers", "all"] = ""


class Maintenance(Struct, frozen=True, forbid_unknown_fields=True):
    """From `start` until `end` (RFC 3339, with an offset) nobody is paged about these teams and signals; none = all."""

    start: str
    end: str
    teams: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.span[0] >= self.span[1]:
            raise ValueError(f"start = {self.start} must be before end = {self.end}")

    @property
    def span(self) -> tuple[int, int]:
        """[start, end), ms."""
        return _instant(self.start), _instant(self.end)

    def covers(self, team: str, signal: str, clock: int) -> bool:
        """Whether a page of a team about a signal waits at `clock` (ms)."""
        start, end = self.span
        mine = (not self.teams or team in self.teams) and (not self.signals or signal in self.signals)
        return mine and start <= clock < end


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told what, and how loudly. Durations in ms."""

    budget: Annotated[int, Meta(ge=0, le=1_000_000)] = 6  # pages a team and hour; the rest is queued
    quiet: Quiet = "none"  # pages that wait while a team's calendar is out of hours
    team: str = "on-call"  # that of an alert which has none
    teams: dict[str, Team] = field(default_factory=dict)
    maintenance: dict[str, Maintenance] = field(default_factory=dict)
    group_by: tuple[str, ...] = ("team", "topic", "segment")  # dimensions that make alerts of one signal one incident
    group_pages: Count = 3  # pages within the window
    group_window: Duration = HOUR  # also: how long nothing may join before an incident is over
    surge: Count = 20  # alerts of the queue in an hour or in 24, and
    surge_times: Count = 2  # times the busiest such time of the 7 d before
    waiting: tuple[str, ...] = ("no_next_step", "stalled_handoff", "sla_at_risk")  # signals of work that waits
    pile: Count = 12  # open alerts of one of them and one team, and
    pile_sigmas: Annotated[float, Meta(ge=0)] = 3.0  # roots of the usual number more than usual
    absorbs: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(ABSORBS))  # by watch: signals it explains
    precision: Share = 0.3  # a signal found useful less often than this does not page
    precision_back: Share = 0.5  # until it is found useful this often again
    reviews: Count = 20  # verdicts that it takes
    weights: Weights = Weights()

    def budget_of(self, team: str) -> int:
        """Pages an hour."""
        own = self.teams.get(team)
        return self.budget if own is None or own.budget < 0 else own.budget

    def quiet_of(self, team: str) -> str:
        """Which pages wait out of hours."""
        own = self.teams.get(team)
        return own.quiet if own is not None and own.quiet else self.quiet

    def repaired_until(self, team: str, signal: str, clock: int) -> int:
        """The end (ms) of the maintenance that holds back a page at `clock`, else 0."""
        ends = (one.span[1] for one in self.maintenance.values() if one.covers(team, signal, clock))
        return max(ends, default=0)


def _instant(text: str) -> int:
    """ms since the epoch. Raises ValueError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'{text!r} is no time: write it as "2026-11-28T22:00:00+01:00"') from None
    if found.tzinfo is None:
        raise ValueError(f'{text!r} has no offset: write it as "{text}Z" or "{text}+01:00"')
    return int(found.timestamp()) * 1000
