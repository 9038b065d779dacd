"""Runs the sinks beside the delivery fold: what the fold heard reaches every sink, and a dead one stops nothing.

The hop calls `heard` after every append, `caught_up` when it has read journey.alerts to the end (nothing is sent
before that), and writes `marks()` to the changelog as an append of its own. What was sent and not yet marked when
the worker dies is sent again under the same key.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable

from stream.claims import Severity
from stream.delivering import DeliveryPartition
from stream.infra.announcing import Announcements
from stream.infra.digests import Digests
from stream.infra.mailbox import Alerts, Mailbox, Pace
from stream.infra.sinks import Clock, Link, Queue, Sink, nowhere
from stream.infra.telemetry import Telemetry
from stream.infra.undelivered import out
from stream.notices import Held, Sent, route
from stream.record import Append, Out

MARKS = 100  # an append; each rewrites the row of its alert
LISTED = 200  # alerts of a digest; a sink may show fewer


class Courier:
    """For as long as the partition is ours; then `close`."""

    def __init__(
        self,
        fold: DeliveryPartition,
        sinks: Iterable[Sink],
        telemetry: Telemetry,
        *,
        clock: Clock = time.time,
        chance: Callable[[], float] = random.random,
        pace: Pace | None = None,
        link: Link = nowhere,
    ) -> None:
        self._fold = fold
        self._clock = clock
        self._paged: dict[str, int] = {}  # alert -> the episode that was found to be news
        self._started = False
        self._wakes: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.announcements = Announcements(fold)
        alerts = Alerts(fold.held, fold.ids, fold.open, self._route, self.announcements.made)
        pace = pace or Pace()
        ready = [sink for sink in sinks if sink.ready()]
        self.mailboxes = [
            Mailbox(sink, sink.open(clock, link), least, alerts, telemetry.sink(sink.name), clock, chance, pace)
            for sink in ready
            if (least := sink.least) is not None
        ]
        zone, told = fold.definitions.timezone, telemetry.sink
        self.digests = [
            Digests(s, s.open(clock, link), zone, self._queue, told(s.name), clock, pace.backoff(clock, chance))
            for s in ready
            if s.hours
        ]
        self._telemetry = telemetry
        telemetry.alerts_active = fold.active

    @property
    def started(self) -> bool:
        return self._started

    def caught_up(self) -> None:
        """The end of journey.alerts has been reached: from now on the sinks are told. May be repeated."""
        if self.started:
            return
        self._started = True
        for mailbox in self.mailboxes:
            mailbox.look_at_all()
            wake = asyncio.Event()
            self._wakes.append(wake)
            self._tasks.append(asyncio.create_task(_run(mailbox, wake), name=f"sink {mailbox.sink.name}"))
        for digests in self.digests:
            self._tasks.append(asyncio.create_task(digests.run(), name=f"digests of {digests.name}"))

    def heard(self, append: Append) -> None:
        """After an append of the fold was written."""
        if not self.started:
            return
        self.announcements.heard(append)
        ids = [key.decode() for key, _ in append.puts]
        for id in ids:
            if (held := self._fold.held(id)) is not None:
                self._route(held)  # news is judged when it is heard, not when a sink is back
        for mailbox, wake in zip(self.mailboxes, self._wakes, strict=True):
            mailbox.add(ids)
            wake.set()

    def marks(self) -> Append | None:
        """What sinks took and the state does not know, as an append for the changelog; None = nothing.

        Call it until it gives None: an append holds at most `MARKS`.
        """
        taken: list[Sent] = []
        for mailbox in self.mailboxes:
            taken += mailbox.sent(MARKS - len(taken))
        return self._fold.sent(taken)

    def undelivered(self) -> list[Out]:
        """What sinks refused since this was last asked, as records to publish.

        If the worker dies before they are published, its successor is refused the same again.
        """
        kept = [one.letters for one in self.mailboxes] + [one.letters for one in self.digests]
        records = [out(letter) for letters in kept for letter in letters]
        for letters in kept:
            letters.clear()
        return records

    async def close(self) -> None:
        """Ends all attempts; what was not told stays to be told by the next owner."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for mailbox in self.mailboxes:
            await mailbox.channel.close()
            mailbox.forget()
        for digests in self.digests:
            await digests.channel.close()
            digests.forget()
        if self._telemetry.alerts_active is self._fold.active:
            self._telemetry.alerts_active = {}  # another worker counts them now

    def _queue(self, at: int) -> Queue:
        return Queue(at, dict(self._fold.active), self._fold.queue(LISTED))

    def _route(self, held: Held) -> tuple[Severity, str]:
        """As `stream.notices.route`; what was news once is not old news because a sink was away."""
        head = held.head
        if not head.is_open:
            self._paged.pop(head.id, None)
        paged = self._paged.get(head.id) == head.episode
        routed = route(held, int(self._clock() * 1000), self._fold.definitions.old_news, paged)
        if head.is_open and routed[0] is Severity.page:
            self._paged[head.id] = head.episode
        return routed


async def _run(mailbox: Mailbox, wake: asyncio.Event) -> None:
    while True:
        wake.clear()
        pause = await mailbox.step()
        if pause:
            await _wait(wake, pause)
        else:
            await asyncio.sleep(0)


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
