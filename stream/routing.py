"""Who is woken by what: every page passes these gates once, in this order; who stops at one is queued and says why.

    backfill      found at the end of a backfill
    old_news      heard of too late
    chance        a watch that may speak by chance, until it no longer may
    precision     people found this signal's alerts useless too often (stream/worth.py)
    grouped       part of an incident, or explained by a watch's page (stream/incidents.py)
    maintenance   the team's pages wait for the end of a window
    quiet         the team's pages wait for its hours
    budget        the team had its pages of this hour

A pure function of journey.alerts: its records, its log time, and the settings.
"""

from __future__ import annotations

from datetime import UTC, datetime

from stream import summaries
from stream.claims import Alert, Severity
from stream.crews import FOREVER, Crews
from stream.definitions import DAY, Definitions
from stream.incidents import Incidents, Key
from stream.memory import Began, Memory
from stream.notices import Head, Held, Routing, is_sure, is_watch, span
from stream.piles import Piles
from stream.policy import Policy
from stream.timed import Desk, Timed
from stream.worth import Precision

_WORDS = {"maintenance": "maintenance", "quiet": "quiet hours"}


class Router:
    """Decides on what is heard. `pages` = what became of pages, by gate; `paged` = those that passed."""

    def __init__(self, definitions: Definitions, policy: Policy, memory: Memory, desk: Desk) -> None:
        self.pages: dict[str, int] = {}
        self.precision = Precision(policy, memory, definitions.run)
        self.incidents = Incidents(policy, memory)
        self.piles = Piles(policy, memory)
        self._definitions = definitions
        self._policy = policy
        self._memory = memory
        self._crews = Crews(definitions, policy, memory)
        self._desk = desk
        self.timed = Timed(definitions, policy, self._crews, self.incidents, desk)

    # -- gates -------------------------------------------------------------------------------------------------

    def hear(self, old: Held | None, held: Held, clock: int) -> Routing | None:
        """How a newer version of an alert is told; None = by its own severity."""
        head = held.head
        if not head.is_open:
            return None
        goes_on = old is not None and old.head.is_open and old.head.episode == head.episode
        if old is not None and goes_on and old.head.severity == head.severity and not is_sure(old.head, head):
            return old.routing
        if head.severity == "page":
            routing = self._page(held, clock)
            self._count(routing)
            return routing
        fell = old is not None and goes_on and Severity[old.head.severity] > Severity[head.severity]
        return None if fell or head.severity != "queue" else self._queued(held, clock)

    def sweep(self, clock: int) -> None:
        """Once a day of the log."""
        began = self._memory.get(Began, "") or Began(clock)
        if began.swept < clock // DAY:
            began.swept = clock // DAY
            self._memory.keep("", began)
            self.incidents.sweep(clock)
            self.piles.sweep(clock)
            self._crews.sweep(clock)

    def _page(self, held: Held, clock: int) -> Routing | None:
        head = held.head
        if old := self._old(held, clock):
            return _queue(*old)
        if head.doubtful:
            return _queue("chance", "chance alone brings one of this size now and then; it pages if it grows")
        if notice := self.precision.notice(head.signal):
            return _queue("precision", f"{head.signal} was found useless too often", notice)
        customers = not is_watch(head)
        if customers and (id := self.incidents.explained(head)):
            return _queue("grouped", "a watch paged about the same", id)
        if id := self._group(head, clock):
            return _queue("grouped", "part of an incident", id)
        team = self._crews.of(head.cut)
        if held_back := self._held_back(team, head, clock, customers=customers):
            return held_back
        if self._crews.spend(team, clock):
            return None
        self.timed.overflow(team, clock, head.id)
        return _queue("budget", f"{team} had its {self._policy.budget_of(team)} pages of this hour")

    def _queued(self, held: Held, clock: int) -> Routing | None:
        """An alert of the queue pages nobody, but many of them may be an incident."""
        head = held.head
        if self._old(held, clock):
            return None
        n, least = self.piles.count(head, clock)
        id = self._joined(head, clock, n)
        if not id and (found := self.incidents.surged(head, clock)):
            id = self._gather(found[0], found[1], found[2], head, [], clock)
        elif not id and n >= least and self.incidents.knows(clock):
            id = self._gather(("team", head.cut["team"]), n, DAY, head, [], clock, least)
        return Routing(Severity.queue, "grouped", "part of an incident", id) if id else None

    def _old(self, held: Held, clock: int) -> tuple[str, str] | None:
        if held.head.backfill:
            return "backfill", "found in a backfill"
        age, limit = clock - held.raised, self._definitions.old_news
        return (
            ("old_news", f"{span(age)} old when heard, pages are for the first {span(limit)}") if age >= limit else None
        )

    def _held_back(self, team: str, head: Head, clock: int, *, customers: bool) -> Routing | None:
        until, why = self._crews.closed(team, head.signal, clock, customers=customers)
        if not until:
            return None
        self._crews.wait(team, head.id, until)
        return _queue(why, f"{_WORDS[why]} of {team} until {_time(until)}")

    def _count(self, routing: Routing | None) -> None:
        name = "paged" if routing is None else routing.reason
        self.pages[name] = self.pages.get(name, 0) + 1

    # -- incidents ---------------------------------------------------------------------------------------------

    def _group(self, head: Head, clock: int) -> str:
        """The incident of a page; "" = it stands alone."""
        if id := self._joined(head, clock):
            return id
        found = self.incidents.paged(head, clock)
        if not found:
            return ""
        key, before = found
        return self._gather(key, len(before) + 1, self._policy.group_window, head, before, clock)

    def _joined(self, head: Head, clock: int, n: int = 0) -> str:
        id = self.incidents.joined(head, clock, n)
        if id:
            self._tell(id, clock)
        return id

    def _gather(self, key: Key, n: int, within: int, head: Head, before: list[str], clock: int, least: int = 0) -> str:
        """Make an incident of an alert, the `n`-th, and those before it, or let the label's incident take them in."""
        if id := self.incidents.under(key):
            self.incidents.spread(id, head, n, clock)
            self._tell(id, clock)
        else:
            id = self._begin(key, n, within, head, before, clock, least)
        for other in before:
            held = self._desk.held(other)
            if held is not None and held.head.is_open:
                self._desk.move(held, _queue("grouped", "part of an incident", id))
        return id

    def _begin(self, key: Key, n: int, within: int, head: Head, before: list[str], clock: int, least: int) -> str:
        alert = summaries.opened(
            summaries.INCIDENT, ":".join(key), clock, "",
            clears=f"none of them opens for {span(within)}",
            run=self._definitions.run, numbers={"alerts": n}, about=[*before, head.id], cut=dict([key]),
        )  # fmt: skip
        self.incidents.begin(alert.id, key, head, n, within, clock, least)
        one = self.incidents.get(alert.id)
        assert one is not None
        alert.text = self.incidents.words(one)
        self._page_own(alert, self._crews.of(head.cut if key[0] == "team" else {}), clock)
        return alert.id

    def _tell(self, id: str, clock: int) -> None:
        """Say how large an incident is, each time that it has doubled."""
        one, held = self.incidents.get(id), self._desk.held(id)
        if one is not None and held is not None and one.count >= 2 * one.said:
            self.incidents.told(id, one)
            numbers = {"alerts": one.count}
            self._desk.say(
                summaries.amended(held.alert, clock, self.incidents.words(one), numbers), clock, held.routing
            )

    def _page_own(self, alert: Alert, team: str, clock: int) -> None:
        """Page for an incident: it counts, but no budget stops it."""
        head = Head(alert.id, alert.signal, "", 1, 1, alert.severity, "open", clock, clock, False, False, alert.cut)
        routing = self._held_back(team, head, clock, customers=False)
        if routing is None:
            self._crews.spend(team, clock)
        self._count(routing)
        self._desk.say(alert, clock, routing)


def _queue(reason: str, why: str, group: str = "") -> Routing:
    return Routing(Severity.queue, reason, f"queued, not paged: {why}", group)


def _time(ms: int) -> str:
    return "further notice" if ms >= FOREVER else datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
