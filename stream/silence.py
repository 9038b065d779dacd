"""Who has gone silent: when each source of events was last heard, and how long its gaps usually are.

Heard of beat by beat, when the beat is closed: so it follows from the log alone. A source falls due by itself, at its
last beat + what it may be silent; two terms of 28 d of gaps are kept, so that a habit that changed is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct, field, structs

from stream.claims import Finding, Watch
from stream.definitions import BEAT, DAY, HOUR
from stream.histogram import bucket
from stream.judging import Judge
from stream.panes import Put, encode, key
from stream.record import Out

SOURCES = "s"
NEVER = 1 << 62
TERM = 28 * DAY


class Heard(Struct, array_like=True):
    """What is known of one source. Times of the log, ms; `limit` 0 = it is not usually there."""

    first: int
    last: int  # begin of the last beat in which it was heard
    limit: int = 0
    silent: bool = False
    term: int = 0
    gaps: dict[str, int] = field(default_factory=dict)  # of this term, in log buckets of seconds
    before: dict[str, int] = field(default_factory=dict)  # of the last term

    @property
    def due(self) -> int:
        """When it has been silent too long, ms."""
        return NEVER if self.silent or not self.limit else self.last + BEAT + self.limit


class Judging(Watch, Protocol):
    """The watch that says how long is too long."""

    def limit(self, gaps: Mapping[str, int], known_ms: int) -> int | None: ...
    def finding(self, source: str, since: int, limit: int) -> Finding: ...


class Silence:
    """All sources that were heard of, at most `most` of them."""

    def __init__(self, watches: Sequence[Watch], judge: Judge, most: int) -> None:
        found: list[Any] = [watch for watch in watches if not watch.kpi]
        self.watch: Judging | None = found[0] if found else None
        self.due = NEVER  # of the source that is due first, or earlier
        self._judge, self._most = judge, most
        self._sources: dict[str, Heard] = {}
        self._changed: dict[str, None] = {}

    def restore(self, name: str, value: bytes) -> None:
        """Take one row of the table back."""
        self._sources[name] = msgspec.msgpack.decode(value, type=Heard)
        self._next()

    def flush(self) -> Iterator[Put]:
        """The rows of what was heard since the last flush."""
        for name in self._changed:
            yield key(SOURCES, name), encode(self._sources[name])

    def settled(self) -> None:
        """Nothing is left to be written."""
        self._changed.clear()

    def hear(self, name: str, beat: int) -> Iterator[Out]:
        """A source was heard in a beat that is now closed."""
        at = beat * BEAT
        known = self._sources.get(name)
        if self.watch is None or (known is None and len(self._sources) >= self._most):
            return
        self._changed[name] = None
        if known is None:
            self._sources[name] = Heard(at, at, term=at // TERM)
            return
        if known.silent:
            was = self.watch.finding(name, known.last + BEAT + known.limit, known.limit)
            ended = structs.replace(was, until=max(at, was.since))
            yield from self._judge.say(self.watch, (("source", name),), name, [ended], at + BEAT)
        self._count(known, at)
        if known.silent or at // HOUR != known.last // HOUR:  # often enough, and cheap
            gaps = {part: known.gaps.get(part, 0) + known.before.get(part, 0) for part in known.before | known.gaps}
            known.limit = self.watch.limit(gaps, at - known.first) or 0
        known.last, known.silent = at, False
        self.due = min(self.due, known.due)  # too early does no harm: `fall` looks anew

    def fall(self) -> Iterator[Out]:
        """Say who is due at `due`, in the order of names."""
        clock, watch = self.due, self.watch
        for name, known in sorted(self._sources.items()):
            if watch is not None and known.due == clock:
                known.silent = True
                self._changed[name] = None
                finding = watch.finding(name, clock, known.limit)
                yield from self._judge.say(watch, (("source", name),), name, [finding], clock)
        self._next()

    def _count(self, known: Heard, at: int) -> None:
        """Add the gap that ends at `at` to its term; of an outage only as much as was let pass, so that it does not
        become usual at once, and a new habit does in the end.
        """
        term = at // TERM
        if term != known.term:
            known.before, known.gaps = known.gaps if term == known.term + 1 else {}, {}
            known.term = term
        gap = min(at - known.last, known.limit) if known.silent else at - known.last
        part = bucket(gap // 1000, "g")
        known.gaps[part] = known.gaps.get(part, 0) + 1

    def _next(self) -> None:
        self.due = min((known.due for known in self._sources.values()), default=NEVER)
