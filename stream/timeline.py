"""What a customer was when: the timeline of attributes, the cuts that follow from it, and the trail of touchpoints."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from stream.claims import Cut, Touch
from stream.definitions import Definitions
from stream.plain import Own
from stream.row import decode_trail, encode_row
from stream.steps import Step

ATTRIBUTE = {"segment": 0, "stage": 1, "tier": 2, "team": 3, "timezone": 4}
_ARRAY = b"\xdc"  # of msgpack: an array, its size in 2 bytes
_TIMED = b"\x92\xcf"  # an array of two, first a number in 8 bytes
_first = itemgetter(0)


class Story(NamedTuple):
    """What a customer was: segment and stage before the first of `turns` (ms, ascending), and from each of them on."""

    turns: list[int]
    labels: list[tuple[str | None, str | None]]


NOTHING = Story([], [(None, None)])  # nothing is known of the customer


class Timeline:
    """The part of a journey that is no record. `row` = the stored form (stream.row); `story` = segment and stage."""

    __slots__ = ("_kept", "_shown", "_touched", "definitions", "row", "story")

    _touched: list[tuple[int, tuple[str, str, str, str]]]  # touchpoints that are not in the row yet
    _shown: list[tuple[bytes, Touch]] | None  # once somebody asked: all of them, as packed, the newest last
    _kept: bool  # whether the row has what is shown
    definitions: Definitions
    row: Any
    story: Story

    def tell(self) -> None:
        """Derive the story, since attributes changed."""
        self.story = _story(self.row.attributes)

    def derived(self, name: str, make: Callable[[Any], Any]) -> Any:
        """What `make` derives, once, until something that it rests on changes."""
        raise NotImplementedError

    def attribute(self, name: str, at: int) -> str | None:
        """The customer's segment, stage, tier, team or timezone at a time, as now known."""
        i = ATTRIBUTE[name]
        for step in reversed(self.row.attributes):
            if step.at <= at and i < len(step.data) and step.data[i] is not None:
                label: str = step.data[i]
                return label
        return None

    def period(self, at: int) -> int:
        """The number of the time in which segment and stage are what they are at `at` ms."""
        return bisect_right(self.story.turns, at)

    def cut(self, of: Any, at: int, dims: Cut = ()) -> Cut:
        """`dims` with segment and stage: the record's own (of its earliest event), else the customer's at `at`.

        Remembered on the view: several KPIs ask for the same.
        """
        turns, labels = self.story
        when = bisect_right(turns, at)
        known: tuple[Cut, Cut] | None = of.cuts.get(when)
        if known is not None and known[0] == dims:
            return known[1]
        segment, stage = labels[when]
        found = _joined(dims, of.segment or segment, of.stage or stage)
        of.cuts[when] = dims, found
        return found

    def cut_of_customer(self, own: Any, at: int) -> Cut:
        """Segment and stage: the customer's at `at`, else those of `own` (None = nothing)."""
        segment, stage = self.story.labels[self.period(at)]
        return _joined((), segment or (own.segment if own else None), stage or (own.stage if own else None))

    def cut_of(self, step: Step) -> Cut:
        """Segment and stage of one step: its own, else the customer's at its time."""
        return self.cut(Own(step.segment, step.stage), step.at)

    @property
    def everybody(self) -> Own:
        """What a cut of the customer's own segment and stage is made of."""
        found: Own = self.derived("everybody", lambda _: Own(None, None))
        return found

    def turns(self, of: Any, start: int, end: int | None) -> list[int]:
        """Times inside (start, end) at which the customer's segment or stage may change, for levels; ascending."""
        return [] if of.segment and of.stage else inside(self.story.turns, start, end)

    def begin_trail(self) -> None:
        """Nothing is remembered yet but what the row has."""
        self._touched, self._shown, self._kept = [], None, True

    def remember(self, at: int, event: Any, about: str) -> None:
        """Keep the newest touchpoints, by event time."""
        self._touched.append((at, (event.type, about, event.source, event.id)))

    def keep_trail(self) -> None:
        """Put what was remembered into the row: once for all events of an append."""
        if self._kept and not self._touched:
            return
        row, most = self.row, self.definitions.trail
        if (shown := self._shown) is not None:
            self._show(shown)
            row.trail, row.touches = b"".join([_packed(key) for key, _ in reversed(shown)]), len(shown)
            self._kept = True
            return
        fresh = list(dict.fromkeys(self._touched))
        if len(fresh) > most:
            edge = sorted(at for at, _ in fresh)[-most]
            fresh = [one for one in fresh if one[0] >= edge]
        touches = sorted([_key(at, what) for at, what in fresh], reverse=True)
        known = row.trail
        if touches[-1] > known[2:] and len(touches) <= most:  # newer than all, as mostly; none is the start of another
            for _ in range(row.touches + len(touches) - most):
                known = known[: -4 - (known[-2] << 8 | known[-1])]
            row.touches = min(row.touches + len(touches), most)
        else:
            touches = sorted(dict.fromkeys([*touches, *_touches(known)]), reverse=True)[:most]
            known, row.touches = b"", len(touches)
        row.trail = b"".join([*map(_packed, touches), known])
        self._touched.clear()

    @property
    def trail(self) -> list[Touch]:
        """The newest touchpoints, oldest first."""
        if (shown := self._shown) is None:
            keys = [*_touches(self.row.trail)][::-1]
            known = decode_trail(_TIMED.join([_ARRAY + len(keys).to_bytes(2, "big"), *keys]))  # as one: it is quicker
            shown = self._shown = [(key, _touch(at, what)) for key, (at, what) in zip(keys, known, strict=True)]
        if self._touched:
            self._show(shown)
        return [touch for _, touch in shown]

    def _show(self, shown: list[tuple[bytes, Touch]]) -> None:
        """Add what was remembered since."""
        for at, what in self._touched:
            key = _key(at, what)
            if not shown or key > shown[-1][0]:
                shown.append((key, _touch(at, what)))
            elif all(key != other for other, _ in shown):
                insort(shown, (key, _touch(at, what)), key=_first)
        del shown[: -self.definitions.trail]
        self._touched.clear()
        self._kept = False


def inside(turns: list[int], start: int, end: int | None) -> list[int]:
    """Those of ascending times that lie in (start, end)."""
    if not turns or turns[-1] <= start:
        return []
    return turns[bisect_right(turns, start) : len(turns) if end is None else bisect_left(turns, end)]


def _story(attributes: list[Step]) -> Story:
    turns: list[int] = []
    labels: list[tuple[str | None, str | None]] = [(None, None)]
    for step in attributes:
        segment, stage = (*step.data, None, None)[:2]
        known = labels[-1]
        now = known[0] if segment is None else segment, known[1] if stage is None else stage
        if turns and turns[-1] == step.at:
            labels[-1] = now
        else:
            turns.append(step.at)
            labels.append(now)
    return Story(turns, labels)


@lru_cache(4_096)
def _joined(dims: Cut, segment: str | None, stage: str | None) -> Cut:
    """One object for all that are equal, as far as they are remembered: these are compared and looked up soonest."""
    own = [(name, label) for name, label in (("segment", segment), ("stage", stage)) if label is not None]
    return tuple(sorted([*dims, *own]))


def _key(at: int, what: tuple[str, str, str, str]) -> bytes:
    """A touch as it is packed; they sort by event time."""
    return at.to_bytes(8, "big") + encode_row(what)


def _touch(at: int, what: tuple[str, str, str, str]) -> Touch:
    type_, about, source, id_ = what
    return {"source": source, "id": id_, "type": type_, "about": about, "at": at}


def _packed(touch: bytes) -> bytes:
    """With its length at both ends: so both the newest and the oldest are at hand."""
    size = len(touch).to_bytes(2, "big")
    return size + touch + size


def _touches(trail: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(trail):
        end = at + 2 + int.from_bytes(trail[at : at + 2], "big")
        yield trail[at + 2 : end]
        at = end + 2
