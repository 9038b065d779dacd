"""The teams that are paged: how often an hour, and when not at all."""

from __future__ import annotations

from stream import calendar
from stream.definitions import HOUR, Definitions
from stream.memory import Crew, Memory
from stream.policy import Policy

FOREVER = 1 << 62


class Crews:
    """The teams' pages, in delivery's memory. Times are log time, ms."""

    def __init__(self, definitions: Definitions, policy: Policy, memory: Memory) -> None:
        self._definitions = definitions
        self._policy = policy
        self._memory = memory

    def of(self, cut: dict[str, str]) -> str:
        """The team that is paged about what has these labels."""
        return cut.get("team") or self._policy.team

    def get(self, team: str) -> Crew:
        found = self._memory.get(Crew, team)
        return Crew() if found is None else found

    def keep(self, team: str, crew: Crew) -> None:
        self._memory.keep(team, crew)

    def closed(self, team: str, signal: str, clock: int, *, customers: bool) -> tuple[int, str]:
        """Until when a page waits, and why, in a word; (0, "") = it need not. `customers`: it is about one."""
        if until := self._policy.repaired_until(team, signal, clock):
            return until, "maintenance"
        quiet = self._policy.quiet_of(team)
        if quiet == "all" or (quiet == "customers" and customers):
            hours = calendar.of_team(self._definitions, team)
            if not hours.worked(clock, clock + 1):
                begins = hours.after(clock, 1)
                return FOREVER if begins is None else begins - 1, "quiet"
        return 0, ""

    def wait(self, team: str, alert: str, until: int) -> None:
        """Hold an alert back."""
        crew = self.get(team)
        crew.until = min(crew.until, until) if crew.waiting else until
        crew.waiting[alert] = None
        self.keep(team, crew)

    def spend(self, team: str, clock: int) -> bool:
        """Count a page; whether the team's budget for this hour had room for it."""
        crew, hour = self.get(team), clock // HOUR
        if crew.hour != hour:
            crew.hour, crew.pages, crew.over, crew.said, crew.notice = hour, 0, 0, 0, ""
        fits = crew.pages < self._policy.budget_of(team)
        if fits:
            crew.pages += 1
        else:
            crew.over += 1
        self.keep(team, crew)
        return fits

    def sweep(self, clock: int) -> None:
        """Let go of teams of which nothing is to be known any more."""
        for team, crew in sorted(self._memory.all(Crew).items()):
            if crew.hour < clock // HOUR and not crew.waiting and not crew.notes:
                self._memory.drop(team, crew)

    def due(self, crew: Crew) -> int:
        """When something of a team is to be done."""
        dues = [due for due, _ in crew.notes]
        return min(dues + ([crew.until] if crew.waiting else []), default=FOREVER)

    def dues(self) -> dict[str, int]:
        """The same of each team."""
        return {team: self.due(crew) for team, crew in self._memory.all(Crew).items()}
