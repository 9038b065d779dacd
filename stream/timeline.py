"""What a customer was when: the timeline of attributes, the cuts that follow from it, and the trail of touchpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from stream.claims import Cut, Touch
from stream.definitions import Definitions
from stream.plain import Own
from stream.row import decode_touch, encode_row
from stream.steps import Step

ATTRIBUTE = {"segment": 0, "stage": 1, "tier": 2, "team": 3, "timezone": 4}


class Timeline:
    """The part of a journey that is no record. `row` = the stored form (stream.row)."""

    __slots__ = ("definitions", "row")

    definitions: Definitions
    row: Any

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

    def cut(self, of: Any, at: int, dims: Cut = ()) -> Cut:
        """`dims` with segment and stage: the record's own (of its earliest event), else the customer's at `at`.

        Remembered on the view: several KPIs ask for the same.
        """
        attributes = self.row.attributes
        when = at if attributes else 0  # of a customer of whom nothing is known it is the same at all times
        known: tuple[Cut, Cut] | None = of.cuts.get(when)
        if known is not None and known[0] == dims:
            return known[1]
        segment, stage = of.segment, of.stage
        if attributes:
            segment = segment or self.attribute("segment", at)
            stage = stage or self.attribute("stage", at)
        found = _joined(dims, segment, stage)
        of.cuts[when] = dims, found
        return found

    def cut_of_customer(self, own: Any, at: int) -> Cut:
        """Segment and stage: the customer's at `at`, else those of `own` (None = nothing)."""
        segment = self.attribute("segment", at) or (own.segment if own else None)
        stage = self.attribute("stage", at) or (own.stage if own else None)
        return _joined((), segment, stage)

    def cut_of(self, step: Step) -> Cut:
        """Segment and stage of one step: its own, else the customer's at its time."""
        return self.cut(Own(step.segment, step.stage), step.at)

    @property
    def everybody(self) -> Own:
        """What a cut of the customer's own segment and stage is made of."""
        found: Own = self.derived("everybody", lambda _: Own(None, None))
        return found

    def turns(self, of: Any, start: int, end: int | None) -> list[int]:
        """Times inside (start, end) at which the customer's segment or stage may change, for levels."""
        if not self.row.attributes or (of.segment and of.stage):
            return []
        return [s.at for s in self.row.attributes if s.at > start and (end is None or s.at < end)]

    def remember(self, at: int, event: Any, about: str) -> None:
        """Keep the newest touchpoints, by event time."""
        row = self.row
        trail, when = row.trail, at.to_bytes(8, "big")
        touch = when + encode_row((event.type, about, event.source, event.id))
        if when > trail[2:10] or touch > trail[2:]:  # the newest, as mostly; none is the beginning of another
            trail = _packed(touch, trail)
        elif touch in (known := list(_touches(trail))):
            return
        else:
            trail = b"".join(map(_packed, sorted([*known, touch], reverse=True)))
        if row.touches < self.definitions.trail:
            row.touches += 1
        else:
            trail = trail[: -4 - (trail[-2] << 8 | trail[-1])]
        row.trail = trail

    @property
    def trail(self) -> list[Touch]:
        """The newest touchpoints, oldest first."""
        known = reversed(list(_touches(self.row.trail)))
        return [Touch(int.from_bytes(t[:8], "big"), *decode_touch(t[8:])) for t in known]


@lru_cache(4_096)
def _joined(dims: Cut, segment: str | None, stage: str | None) -> Cut:
    """One object for all that are equal, as far as they are remembered: these are compared and looked up soonest."""
    own = [(name, label) for name, label in (("segment", segment), ("stage", stage)) if label is not None]
    return tuple(sorted([*dims, *own]))


def _packed(touch: bytes, older: bytes = b"") -> bytes:
    """With its length at both ends: so both the newest and the oldest are at hand. Touches sort by event time."""
    size = len(touch).to_bytes(2, "big")
    return b"".join((size, touch, size, older))


def _touches(trail: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(trail):
        end = at + 2 + int.from_bytes(trail[at : at + 2], "big")
        yield trail[at + 2 : end]
        at = end + 2
