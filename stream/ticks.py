"""Ticks: log time where nothing is heard. They change latency, never results."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from stream.definitions import SECOND
from stream.record import EVENTS, Out

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SILENCE, LONGEST_SILENCE = 10 * SECOND, 60 * SECOND


class LogTime:
    """Log time now, as well as a machine can tell whose own clock may be wrong.

    It is what that clock says, or, where it was set back, what has passed since the log's clock last moved.
    """

    __slots__ = ("_clock", "_since")

    def __init__(self) -> None:
        self._clock, self._since = -1, 0

    def now(self, wall: int, uptime: int, clock: int) -> int:
        """From the wall clock, a clock that is never set, and the log clock; all in ms."""
        if clock != self._clock:
            self._clock, self._since = clock, uptime
        return max(wall, clock + uptime - self._since)


class Ticker:
    """When the owner of a partition writes a tick: something is due (at most one a second), or nothing came for
    10 s, doubling to 60 s.
    """

    __slots__ = ("last", "silence")

    def __init__(self) -> None:
        self.last, self.silence = 0, FIRST_SILENCE

    def heard(self) -> None:
        """An event came: silence begins anew."""
        self.silence = FIRST_SILENCE

    def wants(self, now: int, clock: int, due: int) -> bool:
        """Whether to write one at `now`, given the log clock and the next due time (ms)."""
        self.last = min(self.last, now)  # a wall clock may be set back
        if now - self.last < SECOND or (due > now and now - max(clock, self.last) < self.silence):
            return False
        if due > now:
            self.silence = min(2 * self.silence, LONGEST_SILENCE)
        self.last = now
        return True


def tick(partition: int, now: int) -> Out:
    """A clock.ticked event for one partition; `now` (ms) is its time, its id and, in record time, its append time."""
    event = {
        "specversion": "1.0",
        "id": f"tick-{partition}-{now}",
        "source": "journeywatch",
        "type": "clock.ticked",
        "time": (_EPOCH + timedelta(milliseconds=now)).isoformat(),
        "subject": "clock",
        "data": {},
    }
    return Out(EVENTS, partition, b"clock", msgspec.json.encode(event), now)
