"""What KPIs are made of: the shapes that they share (mean, ratio, duration, count), each a small base class."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, TypeGuard

from stream.account import Moved, account
from stream.claims import Cut, Fact, Parts, Window
from stream.definitions import Survey as Scale
from stream.histogram import bucket
from stream.journey import Journey, Session, Survey, Ticket
from stream.surveys import pool

OF_ALL = ("segment", "stage")
OF_TICKETS = ("channel", "segment", "stage", "team", "topic")
OF_OPENINGS = ("channel", "content", "segment", "stage", "team", "topic")
# What changes a ticket's cut, and with it each of its facts; and what ends or begins anew beside it.
MOVES = frozenset({"ticket.opened", "ticket.transferred", "ticket.updated"})
ENDS = MOVES | {"ticket.reopened", "ticket.resolved"}
ONE = (("n", 1),)
AUTHOR = itemgetter(1)  # of a ticket's reply
RATIO = ((("num", 0), ("den", 1)), (("num", 1), ("den", 1)))  # by whether it counts
FAST = ("5m", "1h", "24h", "7d", "30d", "month")
SLOW = ("1h", "24h", "7d", "30d", "month")
LEVEL = ("now",)


class Plugin:
    """Defaults of a KPI. A plug-in states its own name, unit, better, of and reads."""

    name: str
    unit: str
    better: str
    of: type
    reads: frozenset[str]
    version = 1
    flows: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    windows: tuple[str, ...] = SLOW
    cuts: tuple[str, ...] = OF_ALL
    matures = 0
    min_n = 30
    needs = ""  # a family of records without which nothing is said of a customer (`of` = Journey)
    ahead = True  # whether a fact may lie ahead: begin or end at a time at which no step is

    def facts(self, it: Any, who: Journey) -> Iterable[Fact]:
        raise NotImplementedError


class Once(Plugin):
    """Says one fact of a record at most, at the time that the record's attribute `begins` names.

    Facts of a record that share time and cut are counted in one go, so `cut_of` is the same function for many KPIs.
    """

    @property
    def begins(self) -> str:
        raise NotImplementedError

    @staticmethod
    def cut_of(it: Any, who: Journey, at: int, /) -> Cut:
        """The cut of a record at a time (ms)."""
        raise NotImplementedError

    def counts(self, it: Any, who: Journey, at: int) -> Parts:
        """The parts of a record's fact at that time (ms); () = there is none."""
        raise NotImplementedError

    def facts(self, it: Any, who: Journey) -> Iterable[Fact]:
        at = getattr(it, self.begins)
        if at is None or not (parts := self.counts(it, who, at)):
            return ()
        return (Fact(at, parts, cut=self.cut_of(it, who, at)),)


def is_once(kpi: Any) -> TypeGuard[Once]:
    """Whether `counts` tells all that a KPI says: its facts are made of nothing else."""
    return isinstance(kpi, Once) and type(kpi).facts is Once.facts


class Mean(Plugin):
    """sum / n."""

    flows: tuple[str, ...] = ("sum", "n")

    def value(self, p: Window) -> float | None:
        return p.sum("sum") / n if (n := p.sum("n")) else None

    def n(self, p: Window) -> int:
        return p.sum("n")


class Ratio(Plugin):
    """num / den, 0..1."""

    unit = "ratio"
    flows: tuple[str, ...] = ("num", "den")

    def value(self, p: Window) -> float | None:
        return p.sum("num") / den if (den := p.sum("den")) else None

    def n(self, p: Window) -> int:
        return p.sum("den")


class Duration(Mean):
    """Whole seconds: mean as the value, log buckets `h` for quantiles (CATALOGUE section 0)."""

    unit = "s"
    better = "lower"
    flows: tuple[str, ...] = ("sum", "n", "h")

    def lasting(self, ms: int) -> Parts:
        """What counts a duration of so many ms."""
        return _lasting(ms // 1000)


@lru_cache(4_096)
def _lasting(seconds: int) -> Parts:
    """Several KPIs ask for the same: a ticket is mostly resolved once."""
    return (("sum", seconds), ("n", 1), (bucket(seconds), 1))


class OfTickets(Plugin):
    of: type = Ticket
    ahead = False
    reads = frozenset({"tickets"})
    cuts: tuple[str, ...] = OF_TICKETS
    cut_of = staticmethod(Ticket.cut)


class OfOpenings(OfTickets, Once):
    """By the opening, also cut by the help page that the ticket came from, if the opening says it."""

    begins = "opened"
    on = MOVES
    windows = FAST
    cuts = OF_OPENINGS

    @staticmethod
    def cut_of(it: Ticket, who: Journey, at: int, /) -> Cut:
        if it.content is None:
            return it.cut(who, at)
        return who.cut(it, at, tuple(sorted((*it.dims(), ("content", it.content)))))


class OfSurveys(Once):
    """Looks at the surveys of one scale (CATALOGUE section 0): those of `surveys`, else those that are pooled for
    `family`.
    """

    of: type = Survey
    ahead = False
    reads = frozenset({"surveys"})
    cuts: tuple[str, ...] = OF_TICKETS
    family: ClassVar[str]
    surveys: tuple[str, ...] = ()  # names of survey definitions; none: those of the family's scale

    @property
    def begins(self) -> str:
        """Other families' surveys are passed over, unless settings name surveys."""
        return "answered" if self.surveys else f"{self.family}_answered"

    def kinds(self, definitions: dict[str, Scale]) -> tuple[str, ...]:
        """The survey definitions whose answers it adds up."""
        return self.surveys or pool(definitions, self.family)

    @staticmethod
    def cut_of(it: Survey, who: Journey, at: int, /) -> Cut:
        return who.cut(it, at, it.dims)

    def counts(self, it: Survey, who: Journey, at: int) -> Parts:
        if it.kind not in (self.surveys or pool(who.definitions.surveys, self.family)):
            return ()
        return self.scored(it.answers[-1][1], it.definition)

    def scored(self, score: int, scale: Scale) -> Parts:
        """What counts the answer that holds."""
        raise NotImplementedError


class OfSessions(Plugin):
    of: type = Session
    reads = frozenset({"sessions"})
    cuts: tuple[str, ...] = OF_ALL

    @staticmethod
    def cut_of(it: Session, who: Journey, at: int, /) -> Cut:
        return who.cut(it, at)


class OfAccounts(Plugin):
    """Looks at what a customer subscribes to (stream/account.py)."""

    of: type = Journey
    needs = "subscriptions"
    reads = frozenset({"subscriptions", "customer"})
    windows: tuple[str, ...] = LEVEL


class MonthShare(OfAccounts):
    """Calendar month: of the customers active at its start (`den`) those who by its end have moved (`num`).

    `num` is netted within the month: who leaves and comes back by its end has not moved. Segment and stage are those
    at the month's start.
    """

    unit = "ratio"
    flows: tuple[str, ...] = ("num",)
    levels: tuple[str, ...] = ("den",)
    windows: tuple[str, ...] = ("month",)

    def has_moved(self, moved: Moved) -> bool:
        """Whether an account that was active at the month's start counts now."""
        raise NotImplementedError

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        held = account(who)
        yield from held.active(who, (("den", 1),), early=1)
        for moved in held.moves(who):
            if self.has_moved(moved):
                yield Fact(moved.at, (("num", 1),), moved.until, held.cut(who, moved.began))

    def parts(self, p: Window) -> dict[str, int]:
        return {"num": p.sum("num"), "den": p.start("den")}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        return parts["num"] / den if (den := parts["den"]) else None

    def n(self, p: Window) -> int:
        return p.start("den")


class MonthRevenue(OfAccounts):
    """Calendar month: the MRR that the customers active at its start have at its end (`num`), of what they had then.

    Level parts `mrr`, `customers`; flow `moved`, netted within the month, in minor units.
    """

    unit = "ratio"
    better = "higher"
    flows: tuple[str, ...] = ("moved",)
    levels: tuple[str, ...] = ("mrr", "customers")
    windows: tuple[str, ...] = ("month",)

    def worth(self, moved: Moved) -> int:
        """MRR that counts at the end, of an account that was active at the month's start."""
        raise NotImplementedError

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        held = account(who)
        yield from held.level(who, lambda state: (("mrr", state.mrr), ("customers", 1)), early=1)
        for moved in held.moves(who):
            if difference := self.worth(moved) - moved.base.mrr:
                yield Fact(moved.at, (("moved", difference),), moved.until, held.cut(who, moved.began))

    def parts(self, p: Window) -> dict[str, int]:
        den = p.start("mrr")
        return {"num": den + p.sum("moved"), "den": den, "customers": p.start("customers")}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        return parts["num"] / den if (den := parts["den"]) else None

    def n(self, p: Window) -> int:
        return p.start("customers")
