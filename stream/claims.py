"""What is said about a journey: facts (for KPIs), findings (for alerts), and the plug-ins that say them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Protocol

from msgspec import Struct

Cut = tuple[tuple[str, str], ...]  # ((dimension, value), ...), sorted by dimension
Parts = tuple[tuple[str, int], ...]  # of a fact: ((name, amount), ...)
Touch = dict[str, str | int]  # one touchpoint of the trail: its source, id, type, about, at (ms)
Span = tuple[int, int | None]  # [from, to), ms; None = not over


class Fact(Struct, frozen=True, gc=False):
    """Something counted: `parts` belong to the pane of `at` (event time, ms).

    A flow's part is summed over a window. A level's part holds from `at` until `until` (None = no end known).
    Either may lie ahead of the log clock; it is passed on when the clock reaches it.
    """

    at: int
    parts: Parts
    until: int | None = None
    cut: Cut = ()


class Severity(IntEnum):
    """How loud: info is for reading, queue for the ranked queue, page wakes somebody."""

    info = 1
    queue = 2
    page = 3


class Finding(Struct, frozen=True, gc=False, array_like=True):
    """Friction that holds from `since` until `until` (event time, ms; None = until something changes).

    `cause` names what it is about inside the subject (a ticket, an issue, a survey): one alert a cause.
    `evidence` = uids of the steps that made it; `numbers` = the measured values and limits, units in the names.
    `doubtful` = chance alone brings one of this size now and then. `rank` = above others of its severity, in steps.
    """

    cause: str
    since: int
    severity: Severity
    text: str
    until: int | None = None
    evidence: tuple[int, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    clears: str = ""
    doubtful: bool = False
    rank: int = 0


class Change(Struct, frozen=True, gc=False, array_like=True):
    """One difference: add `parts` to the pane of `minute` (floor(event time / 60 s)) of `kpi` under `cut`."""

    kpi: str
    minute: int
    cut: Cut
    parts: dict[str, int]


class Differences(Struct, array_like=True):
    """What one append of one journeys partition changed: one such record goes to each partition of journey.kpis.

    `beats` = [(beat, changes)], beat = floor(log time / 10 s), ascending; `verdicts` on alerts of watches,
    as (alert id, verdict, event time ms, beat in which it was heard); `sources` = [(beat, those that were heard)],
    only to the first partition of journey.kpis.
    """

    run: int
    revision: str
    partition: int
    partitions: int
    seq: int  # 1, 2, 3 ... a partition; a lower one is a repeat, a gap is an exit
    clock: int  # log clock at the end of the append, ms
    beats: list[tuple[int, list[Change]]]
    verdicts: list[tuple[str, str, int, int]] = []
    sources: list[tuple[int, list[str]]] = []


class Alert(Struct, kw_only=True, omit_defaults=False):
    """One change of one alert, as written to journey.alerts. All times are of the log, in ms, but `since`, `until`.

    `version` counts the changes over all episodes; (episode, version) only grows.
    """

    id: str
    signal: str
    version: int
    definition: str  # signal@version of the plug-in
    subject: str
    cause: str
    episode: int
    severity: str
    max_severity: str
    status: str  # open, resolved, withdrawn, closed (by verdict or erasure)
    change: str  # opened, amended, resolved, withdrawn, closed
    opened: int
    changed: int
    resolved: int | None = None
    since: int = 0  # event time from which it holds, ms
    until: int | None = None
    text: str = ""
    numbers: dict[str, int] = {}
    evidence: list[dict[str, str | int]] = []  # {"source", "id", "type", "at"} as far as the trail knows, else {"uid"}
    clears: str = ""
    warns_of: str = ""
    backfill: bool = False  # judged at the end of a backfill: never pages
    vip: bool = False
    mrr: int = 0  # of the customer at that time, minor units of the reporting currency
    doubtful: bool = False  # a watch's: chance alone brings one of this size now and then; delivery pages it later
    rank: int = 0  # above others of its severity: a second reopen, a target that is breached
    segment: str | None = None
    trail: list[dict[str, str | int]] = []
    run: int = 1
    cut: dict[str, str] = {}  # team, topic, channel, segment, stage of what it is about, as far as known


class Verdict(Struct, frozen=True):
    """What people said of an alert, as written to journey.alerts under the key REVIEW. `at` = event time, ms."""

    reviewed: str  # the alert's id
    verdict: str  # useful, noise, known
    at: int
    run: int = 1


class Kpi(Protocol):
    """One KPI: says which facts an item stands for, as it is now known. Pure and total."""

    name: str
    version: int
    unit: str
    better: str  # "higher", "lower" or "none"
    of: type  # Ticket, Survey, Session, Subscription ...; Issue or Journey when a fact depends on several
    reads: frozenset[str]  # families of records that can change its facts (steps.SHAPES); `usage` = a new day in use
    flows: tuple[str, ...]
    levels: tuple[str, ...]
    windows: tuple[str, ...]  # of 5m 1h 24h 7d 30d 90d month now
    cuts: tuple[str, ...]
    matures: int  # ms after its time until a fact is final; 0 = at once
    min_n: int

    def facts(self, it: Any, who: Any) -> Iterable[Fact]: ...
    def value(self, p: Window) -> float | None: ...
    def n(self, p: Window) -> int: ...


class Window(Protocol):
    """The parts of one KPI over one window and cut, for `Kpi.value`."""

    def sum(self, part: str) -> int:
        """Flow over the window."""

    def start(self, part: str) -> int:
        """Level at the window's start."""

    def end(self, part: str) -> int:
        """Level at the window's end."""

    def between(self, part: str, start: int | None, end: int) -> int:
        """Flow over [start, end), ms; a level at `end` with start = None."""

    def quantile(self, part: str, q: float) -> float | None:
        """The ceil(q n)-th smallest of a log-bucket histogram, as its bucket's geometric middle."""

    @property
    def all(self) -> Window:
        """The same window with no cut."""

    def without(self, dim: str) -> Window:
        """The same window, not cut by a dimension."""

    @property
    def cut(self) -> Cut:
        """What it is cut by."""

    @property
    def end_time(self) -> int:
        """End of the window, ms."""

    @property
    def last_day(self) -> tuple[int, int]:
        """[start, end) of the last day that was over at the window's end, in the reporting time zone, ms."""


class Signal(Protocol):
    """One friction signal: yields every interval in which it holds, also those that have ended. Pure and total."""

    name: str
    version: int
    warns_of: str
    of: type
    reads: frozenset[str]
    linger: int  # ms that an alert stays open after `until`
    matures: int

    def find(self, it: Any, who: Any) -> Iterable[Finding]: ...


class Watch(Protocol):
    """A signal over one KPI's closed panes, judged for every closed pane of its grain at pane end + 2 min."""

    name: str
    version: int
    warns_of: str
    kpi: str
    cut: str | None  # dimension it looks at value by value; None = all
    grain: int  # ms
    min_n: int
    linger: int

    def find(self, panes: Panes, closed: int) -> Iterable[Finding]: ...


class Panes(Protocol):
    """The closed layer of one KPI and one cut value, as a watch sees it. `began` = when the log began, ms."""

    cut: Cut
    began: int

    def sums(self, start: int, end: int) -> dict[str, int]:
        """Flow parts over [start, end), ms, aligned to the grain."""
