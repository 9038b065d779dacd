"""Which plug-in looks at what: the plug-ins sorted by the item they speak of, made once at start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stream.claims import Kpi, Signal, Watch
from stream.journey import Issue, Journey, Session, Subscription, Survey, Ticket

CODES: dict[type, str] = {Ticket: "t", Survey: "s", Session: "v", Subscription: "u", Issue: "i"}
FAMILY = {"t": "tickets", "s": "surveys", "v": "sessions", "u": "subscriptions"}
CODE = {family: code for code, family in FAMILY.items()}


class Plan:
    """`kpis[code]`, `signals[code]`: plug-ins of records and issues; `wide`: those of the whole journey, by name.

    Raises ValueError for two plug-ins of one name, or one whose `of` is not a record type, Issue or Journey.
    """

    def __init__(self, kpis: Iterable[Kpi], signals: Iterable[Signal], watches: Iterable[Watch] = ()) -> None:
        self.all_kpis = sorted(kpis, key=lambda k: k.name)
        self.all_signals = sorted(signals, key=lambda s: s.name)
        self.watches = sorted(watches, key=lambda w: w.name)
        self.signal_by_name = {s.name: s for s in self.all_signals}
        self.watch_names = frozenset(w.name for w in self.watches)
        self.kpis: dict[str, list[Kpi]] = {code: [] for code in CODES.values()}
        self.signals: dict[str, list[Signal]] = {code: [] for code in CODES.values()}
        self.wide_kpis: dict[str, Kpi] = {}
        self.wide_signals: dict[str, Signal] = {}
        self.wide_reads: dict[str, list[str]] = {}
        self._check_names()
        for kpi in self.all_kpis:
            self._place(kpi, self.kpis, self.wide_kpis)
        for signal in self.all_signals:
            self._place(signal, self.signals, self.wide_signals)

    def _check_names(self) -> None:
        names = [p.name for p in (*self.all_kpis, *self.all_signals, *self.watches)]
        if doubled := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"two plug-ins share the name {', '.join(doubled)}: rename one")

    def _place(self, plugin: Kpi | Signal, by_code: dict[str, list[object]] | object, wide: object) -> None:
        if plugin.of is Journey:
            wide[plugin.name] = plugin  # type: ignore[index]
            for family in sorted(plugin.reads):
                self.wide_reads.setdefault(family, []).append(f"j:{plugin.name}")
        elif (code := CODES.get(plugin.of)) is not None:
            by_code[code].append(plugin)  # type: ignore[index]
        else:
            raise ValueError(f"{plugin.name}: of = {plugin.of.__name__} is neither a record, nor Issue, nor Journey")

    def kpis_of(self, item: str) -> Sequence[Kpi]:
        """The KPIs that look at an item."""
        if item[0] != "j":
            return self.kpis[item[0]]
        kpi = self.wide_kpis.get(item[2:])
        return (kpi,) if kpi else ()

    def signals_of(self, item: str) -> Sequence[Signal]:
        """The signals that look at an item."""
        if item[0] != "j":
            return self.signals[item[0]]
        signal = self.wide_signals.get(item[2:])
        return (signal,) if signal else ()

    @property
    def plugins(self) -> tuple[str, ...]:
        """name@version of all, for the revision."""
        return tuple(f"{p.name}@{p.version}" for p in (*self.all_kpis, *self.all_signals, *self.watches))
