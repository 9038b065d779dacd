"""What one sink is still to be told, and when it is tried: one attempt a `step`, however long the sink is away.

Nothing is kept here but which alerts wait: what is said is read from the fold when it is said, so the newest
version wins, and a backlog that grew too long is found again by looking at every alert.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from msgspec import Struct

from stream.claims import Severity
from stream.infra.backoff import Backoff
from stream.infra.sinks import Channel, Clock, Outcome, Sink
from stream.infra.telemetry import SinkTelemetry
from stream.infra.undelivered import Undelivered
from stream.notices import Held, Mark, Notice, Sent, notice

_log = logging.getLogger("journeywatch.delivery")

Find = Callable[[str], Held | None]
Route = Callable[[Held], tuple[Severity, str]]
Announced = Callable[[str, Notice], bool]


class Pace(Struct, frozen=True):
    """Seconds between attempts on a sink that fails: doubling from `first` to `longest`, each +- half by chance."""

    first: float = 1.0
    longest: float = 60.0
    patience: float = 3600.0  # the longest that a sink's own Retry-After is honoured
    batch: int = 200  # notices an attempt
    backlog: int = 20_000  # alerts that wait by name; beyond, all are looked at when these are told
    look: int = 500  # alerts looked at in one step then

    def backoff(self, clock: Clock, chance: Callable[[], float]) -> Backoff:
        return Backoff(clock, chance, first=self.first, longest=self.longest, patience=self.patience)


class Alerts(Struct, frozen=True):
    """Where a mailbox reads: the newest version of an alert, all ids, what is open, and how loud it is to be.

    `announced` = whether a sink may be told; if not yet, the alert is added again when it may.
    """

    find: Find
    ids: Callable[[], list[str]]
    open: Callable[[], list[str]]
    route: Route
    announced: Announced = lambda sink, notice: True


class Mailbox:
    """One sink's. `marks` = what it took and the state does not know yet; `letters` = what it refused, likewise."""

    def __init__(
        self,
        sink: Sink,
        channel: Channel,
        least: Severity,
        alerts: Alerts,
        telemetry: SinkTelemetry,
        clock: Clock,
        chance: Callable[[], float],
        pace: Pace,
    ) -> None:
        self.sink = sink
        self.channel = channel
        self.marks: dict[str, Mark] = {}
        self.letters: list[Undelivered] = []
        self._least = least
        self._alerts = alerts
        self._telemetry = telemetry
        self._clock = clock
        self._pace = pace
        self._backoff = pace.backoff(clock, chance)
        self._waiting: dict[str, None] = {}
        self._unseen: list[str] | None = None  # ids still to be looked at; None = nobody is known to be missing
        self._refused: dict[str, Mark] = {}  # versions that it rejected: not tried again by this process
        self._repeat_at = clock() + sink.repeat

    def add(self, ids: Iterable[str]) -> None:
        """These alerts changed."""
        for id in ids:
            if id in self._waiting or len(self._waiting) < self._pace.backlog:
                self._waiting[id] = None
            else:
                self._unseen = []  # too many: all will be looked at anew
        self._report()

    def look_at_all(self) -> None:
        """Find out from the state who is still to be told."""
        self._unseen = self._alerts.ids()
        self._report()

    async def step(self) -> float:
        """Makes at most one attempt; returns the seconds until the next may be due (0 = go on at once)."""
        if wait := self._backoff.wait:
            return wait
        if notices := self._next():
            outcomes = await self._attempt(notices)
            self._settle(notices, outcomes)
        elif self._unseen is not None:
            self._look()
        elif self.sink.repeat and self._clock() >= self._repeat_at:
            await self._repeat()
        self._report()
        return self._pause()

    def sent(self, limit: int) -> list[Sent]:
        """Hands over the oldest marks, for the state."""
        ids = list(islice(self.marks, limit))
        return [Sent(id, self.sink.name, self.marks.pop(id)) for id in ids]

    def forget(self) -> None:
        """Another owner goes on from here: its gauges say how it is with the sink, not ours."""
        telemetry = self._telemetry
        telemetry.up, telemetry.error, telemetry.backlog, telemetry.oldest = True, "", 0, 0

    def _pause(self) -> float:
        if wait := self._backoff.wait:
            return wait
        if self._waiting or self._unseen is not None:
            return 0.0
        return max(self._repeat_at - self._clock(), 0.0) if self.sink.repeat else 3600.0

    def _next(self) -> list[Notice]:
        """The next batch; who needs not be told any more drops out."""
        batch: list[Notice] = []
        for id in list(islice(self._waiting, self._pace.batch)):
            found = self._untold(id)
            if found is not None and self._alerts.announced(self.sink.name, found):
                batch.append(found)
            else:
                del self._waiting[id]
        return batch

    def _untold(self, id: str) -> Notice | None:
        held = self._alerts.find(id)
        if held is None:
            return None
        about = held.about.get(self.sink.name)
        return notice(held, self._mark(id, held), self._alerts.route(held), self._least, about)

    def _mark(self, id: str, held: Held) -> Mark | None:
        known = (self._refused.get(id), self.marks.get(id), held.sent.get(self.sink.name))
        return max((mark for mark in known if mark), key=lambda mark: (mark.episode, mark.version), default=None)

    async def _attempt(self, notices: Sequence[Notice]) -> list[Outcome]:
        try:
            return await self.channel.send(notices)
        except Exception as error:  # noqa: BLE001  whatever a sink does, the pipe goes on
            return [_raised(error)] * len(notices)

    def _settle(self, notices: Sequence[Notice], outcomes: Sequence[Outcome]) -> None:
        failed: Outcome | None = None
        for told, outcome in zip(notices, outcomes, strict=True):
            self._count(outcome.status)
            id = told.alert.id
            self._waiting.pop(id, None)
            if outcome.status == "delivered":
                self.marks[id] = told.mark()
            elif outcome.status == "rejected":
                self._refuse(told, outcome.detail)
            else:
                self._waiting[id] = None  # behind the others
                failed = outcome
        self._failed(failed) if failed else self._well()

    def _refuse(self, told: Notice, detail: str) -> None:
        id, signal, at = told.alert.id, told.alert.signal, int(self._clock() * 1000)
        if id not in self._refused:
            _log.error("sink %s rejected alert %s (%s): %s", self.sink.name, id, signal, detail)
        letter = Undelivered(at, self.sink.name, told.key, signal, told.kind, told.severity.name, detail)
        self.letters.append(letter)
        self._refused[id] = Mark(told.alert.episode, told.alert.version, int(told.held_as or 0))
        while len(self._refused) > self._pace.backlog:
            del self._refused[next(iter(self._refused))]

    def _failed(self, outcome: Outcome) -> None:
        if self._telemetry.up:
            _log.warning("sink %s is down: %s", self.sink.name, outcome.detail)
        self._backoff.failed(outcome.after)
        self._telemetry.up, self._telemetry.error = False, outcome.detail

    def _well(self) -> None:
        if not self._telemetry.up:
            _log.info("sink %s is back", self.sink.name)
            self._repeat_at = self._clock()  # it may have forgotten
        self._backoff.well()
        self._telemetry.up, self._telemetry.error = True, ""

    def _look(self) -> None:
        """Looks at some more of all alerts; those who are to be told wait in line."""
        if not self._unseen:
            self._unseen = self._alerts.ids()
        some, self._unseen = self._unseen[: self._pace.look], self._unseen[self._pace.look :]
        for id in some:
            if self._untold(id) is not None:
                self._waiting[id] = None
        self._unseen = self._unseen or None

    async def _repeat(self) -> None:
        ids = self._alerts.open()
        for start in range(0, len(ids), self._pace.batch):
            active = [found for id in ids[start : start + self._pace.batch] if (found := self._active(id))]
            outcome = await self._say_again(active) if active else None
            if outcome is not None and outcome.status == "retry":
                self._failed(outcome)
                return
            if outcome is not None:
                self._well()
        self._repeat_at = self._clock() + self.sink.repeat

    async def _say_again(self, notices: Sequence[Notice]) -> Outcome:
        try:
            return await self.channel.active(notices)
        except Exception as error:  # noqa: BLE001  likewise
            return _raised(error)

    def _active(self, id: str) -> Notice | None:
        """What the sink holds open of this alert, said anew."""
        held = self._alerts.find(id)
        mark = self._mark(id, held) if held is not None else None
        if held is None or mark is None or not mark.severity:
            return None
        return Notice(held.alert, "update", Severity(mark.severity), Severity(mark.severity))

    def _count(self, status: str) -> None:
        counts = self._telemetry.outcomes
        counts[status] = counts.get(status, 0) + 1

    def _report(self) -> None:
        telemetry = self._telemetry
        telemetry.backlog = len(self._waiting) + len(self._unseen or ())
        if not telemetry.backlog:
            telemetry.oldest = 0
        elif not telemetry.oldest:
            telemetry.oldest = int(self._clock() * 1000)


def _raised(error: Exception) -> Outcome:
    _log.debug("a sink failed", exc_info=error)
    return Outcome("retry", f"{type(error).__name__}: {error}")
