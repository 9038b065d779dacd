"""A log heard twice: by signals as live, whose alerts count from the log time at which they opened, and by a memory
that forgets nothing, which is asked at the end what became of everybody. docs/backtest.md has the definitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from stream.claims import Alert, Finding, Severity, Signal
from stream.definitions import DAY, Definitions
from stream.journey import Issue, Journey, Subscription, Survey, Ticket
from stream.outcome import About, Case, Outcome
from stream.past import journeys, memory
from stream.record import Heard
from stream.replay import Replay
from stream.score import Score, Table
from stream.sources import Source


class Listener:
    """A signal under a name of its own, so that several settings of it can be heard in one replay.

    `about` = (subject, cause) -> what the alert is about.
    """

    def __init__(self, name: str, signal: Signal) -> None:
        self.name = name
        self._signal = signal
        self.about: dict[tuple[str, str], About] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signal, name)

    def find(self, it: Any, who: Journey) -> Iterator[Finding]:
        for finding in self._signal.find(it, who):
            self.about[who.subject, finding.cause] = _about(it, finding.cause)
            yield finding


def _about(it: Any, cause: str) -> About:
    if isinstance(it, Ticket):
        return About(ticket=it.id)
    if isinstance(it, Issue):
        return About(issue=(it.topic,))
    if isinstance(it, Survey):
        return About(ticket=it.ticket)
    if isinstance(it, Subscription):
        return About(subscription=it.id)
    named = isinstance(it, Journey) and cause in it.records("subscriptions")
    return About(subscription=cause if named else None)


class Warned(Struct):
    """One episode of an alert, from when it was as loud as asked for. Log times, ms; `ended` = None: it is open."""

    subject: str
    cause: str
    at: int
    ended: int | None
    withdrawn: bool


Decided = list[tuple[str, Case]]  # (subject, case)


class Backtest:
    """Feed it a log by `take` or `hear`, then `finish`, then ask for `scores`.

    `settings` = (parameters, the signal that has them); `least` = how loud an alert must be to count.
    """

    def __init__(
        self, definitions: Definitions, settings: Sequence[tuple[dict[str, int], Signal]],
        least: Severity = Severity.info,
    ) -> None:  # fmt: skip
        self._settings = [setting for setting, _ in settings]
        swept = len(settings) > 1  # then people's verdicts, which name an alert by its signal, are on none of them
        self._listeners: list[Any] = [
            Listener(f"{one.name}/{i}" if swept else one.name, one) for i, (_, one) in enumerate(settings)
        ]
        self._least = least
        self.live = Replay(definitions, {}, self._listeners, [])
        self._memory = memory(definitions)
        self._began: int | None = None

    @property
    def records(self) -> int:
        """How many were read."""
        return self.live.records

    @property
    def folded(self) -> int:
        """How many of them have taken effect."""
        return self._memory.folded

    @property
    def breathe(self) -> Callable[[], None]:
        """Called now and then while records are folded."""
        return self._memory.breathe

    @breathe.setter
    def breathe(self, breathe: Callable[[], None]) -> None:
        self.live.breathe = self._memory.breathe = breathe

    @property
    def end(self) -> int:
        """Log time of the end, ms."""
        return self.live.end

    def take(self, source: Source, record: Heard, topic: str, partition: int) -> None:
        """Feed one raw record."""
        self._begin(record)
        self.live.take(source, record, topic, partition)
        self._memory.take(source, record, topic, partition)

    def hear(self, partition: int, record: Heard) -> None:
        """Feed one record of a partition of journey.events."""
        self._begin(record)
        self.live.hear(partition, record)
        self._memory.hear(partition, record)

    def _begin(self, record: Heard) -> None:
        self._began = record.timestamp if self._began is None else min(self._began, record.timestamp)

    def finish(self, at: int | None = None) -> None:
        """The log's end, or what was known at `at`, ms."""
        self.live.finish(at)
        self._memory.finish(at)

    def scores(self, outcome: Outcome, since: int = 0) -> list[Score]:
        """One for each setting, in order. Before `since` (ms) nobody is looked at, and no alert is counted."""
        found = ((who.subject, case) for who in journeys(self._memory) for case in outcome.cases(who, self.end))
        cases = [(subject, case) for subject, case in found if case.look >= since]
        decided = [(subject, case) for subject, case in cases if case.known <= self.end]
        spoken = spoke(self.live.changes(), self._least)
        warned = [spoken.get(one.name, []) for one in self._listeners]
        firsts = [in_time(decided, some, one.about) for some, one in zip(warned, self._listeners, strict=True)]
        quiet = [case for i, (_, case) in enumerate(decided) if all(first[i] is None for first in firsts)]
        calm = sum(case.happened is not None for case in quiet), len(quiet)
        days = max(self.end - max(self._began or 0, since), DAY) / DAY
        left_out = len(cases) - len(decided)
        counted = [[one for one in some if one.at >= since] for some in warned]
        rows = zip(self._settings, firsts, counted, strict=True)
        return [_score(setting, decided, first, some, calm, left_out, days) for setting, first, some in rows]


def spoke(changes: Iterable[Alert], least: Severity) -> dict[str, list[Warned]]:
    """By signal, the episodes that reached a severity. `changes` in order of log time."""
    found: dict[tuple[str, int], Warned] = {}
    by_signal: dict[str, list[Warned]] = {}
    for alert in changes:
        known = found.get((alert.id, alert.episode))
        if known is None:
            if alert.status != "open" or Severity[alert.severity] < least:
                continue
            known = Warned(alert.subject, alert.cause, alert.changed, None, withdrawn=False)
            found[alert.id, alert.episode] = known
            by_signal.setdefault(alert.signal, []).append(known)
        known.ended = None if alert.status == "open" else alert.changed
        known.withdrawn = alert.status == "withdrawn"
    return by_signal


def in_time(cases: Decided, warned: Iterable[Warned], about: Mapping[tuple[str, str], About]) -> list[int | None]:
    """For each case, the log time of the first warning about it that was open in [since, look]; None = there was none.

    One that was withdrawn later did warn: nobody knew better then.
    """
    by_subject: dict[str, list[tuple[Warned, About]]] = {}
    for one in warned:
        by_subject.setdefault(one.subject, []).append((one, about.get((one.subject, one.cause), About())))
    return [
        min((one.at for one, what in by_subject.get(subject, ()) if _covers(one, case) and what.meets(case.about)),
            default=None)
        for subject, case in cases
    ]  # fmt: skip


def _covers(one: Warned, case: Case) -> bool:
    return one.at <= case.look and (one.ended is None or one.ended > case.since)


def _score(
    setting: dict[str, int], cases: Decided, first: Sequence[int | None], warned: Sequence[Warned],
    quiet: tuple[int, int], left_out: int, days: float,
) -> Score:  # fmt: skip
    pairs = [(case.happened, at) for (_, case), at in zip(cases, first, strict=True)]
    leads = sorted(happened - at for happened, at in pairs if happened is not None and at is not None)
    happened = sum(when is not None for when, _ in pairs)
    by_day = Counter(one.at // DAY for one in warned)
    worst = min(by_day, key=lambda day: (-by_day[day], day), default=0)
    return Score(
        setting=setting,
        table=Table(len(cases), sum(at is not None for at in first), happened, len(leads)),
        quiet=quiet,
        left_out=left_out,
        alerts=len(warned),
        withdrawn=sum(one.withdrawn for one in warned),
        days=days,
        peak=(by_day[worst], worst * DAY),
        leads=leads,
    )
