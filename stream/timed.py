"""What delivery does by itself when its time has come: incidents end, hours are summed up, pages held back are said."""

from __future__ import annotations

from typing import Protocol

from stream import summaries
from stream.claims import Alert
from stream.crews import FOREVER, Crews
from stream.definitions import HOUR, Definitions
from stream.incidents import Incidents
from stream.memory import Crew
from stream.notices import Held, Routing, is_watch
from stream.policy import Policy

_TOLD = 3  # alerts whose words a summary repeats


class Desk(Protocol):
    """Where alerts lie."""

    def held(self, alert: str) -> Held | None: ...

    def say(self, alert: Alert, clock: int, routing: Routing | None) -> None:
        """Keep an alert of delivery's own, and tell of it."""

    def move(self, held: Held, routing: Routing) -> None:
        """Keep another routing of an alert."""


class Timed:
    """What falls due, each at its time. Times are log time, ms."""

    def __init__(
        self, definitions: Definitions, policy: Policy, crews: Crews, incidents: Incidents, desk: Desk
    ) -> None:
        self._definitions = definitions
        self._policy = policy
        self._crews = crews
        self._incidents = incidents
        self._desk = desk

    @property
    def due(self) -> int:
        """When something is to be done."""
        return self._next()[0]

    def fall_due(self, clock: int) -> None:
        """Do what is due by `clock`, in order of (time, kind, name)."""
        while (found := self._next())[0] <= clock:
            due, kind, name = found
            if kind == "crew":
                self._crew(name, due)
            else:
                self._over(name, due)

    def overflow(self, team: str, clock: int, alert: str) -> None:
        """A page was beyond the budget: said once an hour, and again each time that their number has doubled."""
        crew = self._crews.get(team)
        held = self._desk.held(crew.notice) if crew.notice else None
        if held is None:
            notice = self._page(summaries.BUDGET, team, clock, _over_budget(team, crew), crew.over, [alert],
                                clears="the hour ends")  # fmt: skip
            crew.notice, crew.said = notice, 1
            crew.notes.append(((clock // HOUR + 1) * HOUR, notice))
        elif crew.over >= 2 * crew.said:
            crew.said = crew.over
            numbers = {"alerts": crew.over}
            self._desk.say(summaries.amended(held.alert, clock, _over_budget(team, crew), numbers), clock, None)
        self._crews.keep(team, crew)

    def _next(self) -> tuple[int, str, str]:
        crews = ((due, "crew", name) for name, due in self._crews.dues().items())
        incidents = ((due, "incident", name) for name, due in self._incidents.dues().items())
        return min((*crews, *incidents), default=(FOREVER, "", ""))

    def _over(self, id: str, due: int) -> None:
        """Nothing joined an incident for so long."""
        one = self._incidents.end(id)
        if (held := self._desk.held(id)) is not None:
            words = self._incidents.words(one)
            self._desk.say(summaries.ended(held.alert, due, words, {"alerts": one.count}), due, held.routing)

    def _crew(self, team: str, due: int) -> None:
        crew = self._crews.get(team)
        for note in [note for note in crew.notes if note[0] <= due]:
            crew.notes.remove(note)
            self._end(team, crew, note[1], due)
        if crew.waiting and crew.until <= due:
            self._let_go(team, crew, due)
        self._crews.keep(team, crew)

    def _end(self, team: str, crew: Crew, id: str, due: int) -> None:
        if (held := self._desk.held(id)) is None:
            return
        if id == crew.notice:
            words, numbers = _over_budget(team, crew), {"alerts": crew.over}
            crew.notice = ""
            self._desk.say(summaries.ended(held.alert, due, words, numbers), due, None)
        else:
            self._desk.say(summaries.ended(held.alert, due), due, None)

    def _let_go(self, team: str, crew: Crew, due: int) -> None:
        """Say once what waited and is still open; what has to wait on goes on waiting."""
        waited, crew.waiting, crew.until = list(crew.waiting), {}, 0
        told: list[Held] = []
        for id in waited:
            held = self._desk.held(id)
            if held is None or not held.head.is_open or held.head.severity != "page":
                continue
            customers = not is_watch(held.head)
            until, _ = self._crews.closed(team, held.head.signal, due, customers=customers)
            if until > due:
                crew.until = min(crew.until, until) if crew.waiting else until
                crew.waiting[id] = None
            else:
                told.append(held)
        if told:
            text = f"{len(told)} pages of {team} were held back and are still open: "
            words = "; ".join(held.alert.text for held in told[:_TOLD]) + ("; ..." if len(told) > _TOLD else "")
            ids = [held.head.id for held in told]
            notice = self._page(summaries.WAITED, team, due, text + words, len(told), ids, clears="an hour later")
            crew.notes.append((due + self._policy.group_window, notice))

    def _page(self, signal: str, team: str, at: int, text: str, n: int, about: list[str], *, clears: str) -> str:
        alert = summaries.opened(
            signal, f"team:{team}", at, text,
            clears=clears, run=self._definitions.run, numbers={"alerts": n}, about=about, cut={"team": team},
        )  # fmt: skip
        self._desk.say(alert, at, None)
        return alert.id


def _over_budget(team: str, crew: Crew) -> str:
    return f"{team} had its {crew.pages} pages of this hour: {crew.over} more went to the queue"
