"""Which plug-in looks at what, made once at start: by the item it speaks of, and by the event that can change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from stream.claims import Cut, Kpi, Signal, Watch
from stream.definitions import Survey as Scale
from stream.event import FAMILIES
from stream.journey import CODE, Issue, Journey, Session, Subscription, Survey, Ticket
from stream.kpi import is_once
from stream.plain import KINDS
from stream.signal import Finder, finders
from stream.steps import SHAPES

CODES: dict[type, str] = {Ticket: "t", Survey: "s", Session: "v", Subscription: "u", Issue: "i"}
CODES |= {kind: kind.code for kind in KINDS}
EVENTS_OF = {shape.family: FAMILIES[type_] for type_, shape in SHAPES.items()}
HEADS = frozenset({"ticket.opened", "subscription.started"})  # with them a record begins to be seen
VIEWED = "page.viewed:"  # a view of a kind that no plug-in names; with the kind after it, of one that is named


Ask = tuple[str, Callable[..., Any]]  # a KPI's name, and its `facts`; of those who say one fact at most, its `counts`
# What they name in `begins`; the cut that they share, of those who say one fact at most, else None; and those who do.
Group = tuple[str, Callable[[Any, Any, int], Cut] | None, tuple[Ask, ...]]


class Eyes(Struct, frozen=True):
    """The plug-ins that look at an item; `all` = none is left out. `mask` = its KPIs, a bit each.

    A KPI may name in `begins` an attribute of what it looks at: no fact is earlier than that time (None = no fact).
    `soon` = those of its KPIs whose facts may lie further ahead than an event may be dated; `idle` = it has no other
    plug-in than KPIs that have no such facts. `finders` = how to ask its signals. `needs` = a family of records without
    which nothing is said.
    """

    kpis: tuple[Kpi, ...] = ()
    signals: tuple[Signal, ...] = ()
    all: bool = True
    mask: int = 0
    soon: tuple[Group, ...] = ()
    idle: bool = False
    finders: tuple[Finder, ...] = ()
    needs: str = ""

    def read(self, family: str) -> bool:
        """Whether one of them reads a family of records."""
        return any(reads(k, family) for k in self.kpis) or any(reads(s, family) for s in self.signals)


NOBODY = Eyes(all=False)


class Reach(Struct, frozen=True):
    """What an event type can change: plug-ins by item code, and the whole-journey plug-ins by item."""

    item: str  # of its record, without the id; "" = it has no record of its own
    codes: dict[str, Eyes]
    fresh: dict[str, Eyes]  # the same for a record that was not there before
    wide: Wide


class Wide(Struct, frozen=True):
    """Whole-journey plug-ins, by item: those who always look, and those who need records of a family (`needs`)."""

    items: dict[str, Eyes]
    always: tuple[tuple[str, Eyes], ...]
    needy: tuple[tuple[str, tuple[tuple[str, Eyes], ...]], ...]

    def add(self, found: list[tuple[str, Eyes]], journey: Journey) -> None:
        """Add those who may say something of this customer."""
        found += self.always
        if self.needy:
            opened, packed = journey.opened, journey.row.families
            for family, looks in self.needy:
                if opened.get(family, family in packed):
                    found += looks

    def of_kind(self, kind: str, surveys: Mapping[str, Scale]) -> Wide:
        """Those to whom a survey of this kind matters; `surveys` = the definitions."""
        deaf = {item: None for item, eyes in self.items.items() if not _hears(eyes, kind, surveys)}
        return Wide(
            {item: eyes for item, eyes in self.items.items() if item not in deaf},
            tuple(pair for pair in self.always if pair[0] not in deaf),
            tuple((family, tuple(pair for pair in looks if pair[0] not in deaf)) for family, looks in self.needy),
        )


class Plan:
    """`eyes[code]`: all plug-ins of a kind of item; `wide[item]`: those of the whole journey ("j:<name>");
    `everybody` = these by what they need;
    `bits` = a bit of the masks for each KPI; `groups` = those of a mask, ready to be asked; `soon` = the mask of those
    whose facts may lie ahead;
    `reach[event type]`: those that this event can change, `views` = the names of page views in it, by kind;
    `readers`: those of the whole journey, by the family of records that they read;
    `days`: those that read "usage", the days in use, and look when there is a new one.

    Raises ValueError for two plug-ins of one name, or one whose `of` is not a record type, Issue or Journey.
    """

    def __init__(self, kpis: Iterable[Kpi], signals: Iterable[Signal], watches: Iterable[Watch] = ()) -> None:
        self.kpis = tuple(sorted(kpis, key=lambda k: k.name))
        self.signals = tuple(sorted(signals, key=lambda s: s.name))
        self.watches = tuple(sorted(watches, key=lambda w: w.name))
        self.signal_by_name = {s.name: s for s in self.signals}
        self.watch_names = frozenset(w.name for w in self.watches)
        self._check()
        self.bits = {kpi.name: 1 << i for i, kpi in enumerate(self.kpis)}
        self.soon = sum(self.bits[kpi.name] for kpi in self.kpis if getattr(kpi, "ahead", True))
        self.groups = Groups(self.kpis)
        self.eyes = {code: self._eyes(of) for of, code in CODES.items()}
        self.wide = self._wide()
        kinds = sorted({kind: None for plugin in (*self.kpis, *self.signals) for kind in getattr(plugin, "views", ())})
        self.views = {kind: VIEWED + kind for kind in kinds}
        self.reach = {type_: self._reach(type_) for type_ in (*FAMILIES, VIEWED, *self.views.values())}
        self.everybody = _parted(self.wide, "")
        self.readers = {family: {i: eyes for i, eyes in self.wide.items() if eyes.read(family)} for family in CODE}
        self.days = _parted({item: eyes for item, eyes in self.wide.items() if eyes.read("usage")}, "usage")
        self.counts_days = bool(self.days.items or self.eyes["d"].kpis or self.eyes["d"].signals or self.eyes["h"].kpis)
        self.dims = {item: eyes for item, eyes in self.wide.items() if eyes.read("surveys")}

    @property
    def _named(self) -> list[Kpi | Signal | Watch]:
        return [*self.kpis, *self.signals, *self.watches]

    def _check(self) -> None:
        names = [p.name for p in self._named]
        if doubled := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"two plug-ins share the name {', '.join(doubled)}: rename one")
        looking: list[Kpi | Signal] = [*self.kpis, *self.signals]
        for plugin in looking:
            if plugin.of is not Journey and plugin.of not in CODES:
                raise ValueError(f"{plugin.name}: of = {plugin.of.__name__} is no record, nor Issue, nor Journey")

    def _eyes(self, of: type) -> Eyes:
        return self._made((k for k in self.kpis if k.of is of), (s for s in self.signals if s.of is of))

    def _wide(self) -> dict[str, Eyes]:
        kpis = {f"j:{k.name}": self._made((k,), ()) for k in self.kpis if k.of is Journey}
        signals = {f"j:{s.name}": self._made((), (s,)) for s in self.signals if s.of is Journey}
        return {item: replace(eyes, needs=_needs(eyes)) for item, eyes in (kpis | signals).items()}

    def _reach(self, type_: str) -> Reach:
        codes = {code: self._seeing(eyes, type_) for code, eyes in self.eyes.items()}
        fresh = {code: self._seeing(eyes, type_, fresh=True) for code, eyes in self.eyes.items()}
        seen = {item: self._seeing(eyes, type_) for item, eyes in self.wide.items()}
        wide = {item: self.wide[item] for item, eyes in seen.items() if eyes.kpis or eyes.signals}
        shape = SHAPES.get(type_.partition(":")[0])
        family = shape.family if shape else ""
        item = f"{CODE[family]}:" if family in CODE else ""
        return Reach(item, codes, fresh, _parted(wide, family))

    @property
    def plugins(self) -> tuple[str, ...]:
        """name@version of all, for the revision."""
        return tuple(f"{p.name}@{p.version}" for p in self._named)

    def _made(self, kpis: Iterable[Kpi], signals: Iterable[Signal], *, all: bool = True) -> Eyes:
        kept = tuple(kpis)
        mask = sum(self.bits[k.name] for k in kept)
        judging = tuple(signals)
        idle = bool(mask and not (mask & self.soon or judging))
        return Eyes(kept, judging, all, mask, self.groups[mask & self.soon], idle, finders(judging))

    def _seeing(self, eyes: Eyes, type_: str, *, fresh: bool = False) -> Eyes:
        kpis = tuple(k for k in eyes.kpis if sees(k, type_, fresh=fresh))
        signals = tuple(s for s in eyes.signals if sees(s, type_, fresh=fresh))
        whole = fresh or (len(kpis) == len(eyes.kpis) and len(signals) == len(eyes.signals))
        return self._made(kpis, signals, all=whole)


class Groups(dict[int, tuple[Group, ...]]):
    """The KPIs of a mask, ready to be asked: by what they name in `begins`, those without first; made when wanted."""

    __slots__ = ("_kpis",)

    def __init__(self, kpis: Sequence[Kpi]) -> None:
        self._kpis = kpis  # in the order of their bits

    def __missing__(self, mask: int) -> tuple[Group, ...]:
        groups: dict[tuple[str, Any], list[Ask]] = {}
        for kpi in (kpi for i, kpi in enumerate(self._kpis) if mask >> i & 1):
            begins = str(getattr(kpi, "begins", ""))
            if is_once(kpi):
                groups.setdefault((begins, kpi.cut_of), []).append((kpi.name, kpi.counts))
            else:
                groups.setdefault((begins, None), []).append((kpi.name, kpi.facts))
        found = self[mask] = tuple((*key, tuple(groups[key])) for key in sorted(groups, key=itemgetter(0)))
        return found


def _parted(wide: dict[str, Eyes], family: str) -> Wide:
    """`family`: of the event itself, whose record is there at any rate."""
    always = tuple((item, eyes) for item, eyes in wide.items() if eyes.needs in ("", family))
    needed = sorted({eyes.needs: None for eyes in wide.values() if eyes.needs not in ("", family)})
    needy = tuple((name, tuple((i, eyes) for i, eyes in wide.items() if eyes.needs == name)) for name in needed)
    return Wide(wide, always, needy)


def _hears(eyes: Eyes, kind: str, surveys: Mapping[str, Scale]) -> bool:
    """Whether one of them adds up surveys of this kind, or does not say which (`kinds`)."""
    chosen = [getattr(one, "kinds", None) for one in (*eyes.kpis, *eyes.signals)]
    return any(kinds is None or kind in kinds(surveys) for kinds in chosen)


def _needs(eyes: Eyes) -> str:
    named = [str(getattr(one, "needs", "")) for one in (*eyes.kpis, *eyes.signals)]
    return named[0] if named else ""


def reads(plugin: Kpi | Signal, family: str) -> bool:
    """Whether a plug-in reads a family of records, by its own name or that of its events (money, product)."""
    return family in plugin.reads or EVENTS_OF.get(family, family) in plugin.reads


def sees(plugin: Kpi | Signal, type_: str, *, fresh: bool = False) -> bool:
    """Whether an event of this type can change what a plug-in says: one of `on`, else any of its families; of page
    views only those of `views` (kinds), if it names some.

    A head that comes late lets a whole record be seen; not so if nothing of the record was there (`fresh`).
    """
    type_, finer, kind = type_.partition(":")
    shape = SHAPES.get(type_)
    if not reads(plugin, FAMILIES[type_] if shape is None else shape.family):
        return False
    if finer and kind not in getattr(plugin, "views", (kind,)):
        return False
    on: frozenset[str] | None = getattr(plugin, "on", None)
    return not on or type_ in on or (type_ in HEADS and not fresh)
