"""What KPIs are made of: the shapes that they share (mean, ratio, duration, count), each a small base class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from stream.histogram import bucket
from stream.claims import Cut, Fact, Window
from stream.definitions import Survey as Scale
from stream.journey import Journey, Session, Survey, Ticket
from stream.surveys import pool

OF_ALL = ("segment", "stage")
OF_TICKETS = ("channel", "segment", "stage", "team", "topic")
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

    def facts(self, it: Any, who: Journey) -> Iterable[Fact]:
        raise NotImplementedError


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

    def fact(self, start: int, end: int, cut: Cut) -> Fact:
        """One duration of [start, end) ms, counted at its end."""
        seconds = (end - start) // 1000
        return Fact(end, (("sum", seconds), ("n", 1), (bucket(seconds), 1)), cut=cut)


class OfTickets(Plugin):
    of = Ticket
    reads = frozenset({"tickets"})
    cuts = OF_TICKETS


class OfSurveys(Plugin):
    """Looks at the surveys whose definition is pooled for `family`: that of one scale (CATALOGUE section 0)."""

    of = Survey
    reads = frozenset({"surveys"})
    cuts = OF_TICKETS
    family: ClassVar[str]

    def answer(self, it: Survey, who: Journey) -> tuple[int, int, Scale, Cut] | None:
        """(time, score, scale, cut) of the answer that counts."""
        if not it.answers or it.kind not in pool(who.definitions.surveys, self.family):
            return None
        at, score, _ = it.answers[-1]
        return at, score, it.definition, who.cut(it, at, it.dims)


class OfSessions(Plugin):
    of = Session
    reads = frozenset({"sessions"})
    cuts = OF_ALL
