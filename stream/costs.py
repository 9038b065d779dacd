"""What was spent, as facts: by kind, at its own time, in minor units of the reporting currency."""

from __future__ import annotations

from collections.abc import Iterator

from stream.claims import Fact
from stream.journey import Journey
from stream.money import minor

SEGMENT = "segment:"  # subject of what belongs to a segment and to no customer


def costs(who: Journey, kind: str, part: str) -> Iterator[Fact]:
    """Each cost of a kind as `part`."""
    own = who.subject.removeprefix(SEGMENT) if who.subject.startswith(SEGMENT) else None
    for day in who.records("costs"):
        for step in who.plain("costs", day).steps:
            if step.data[0] == kind:
                cut = who.cut_of(step)
                if own is not None and step.segment is None:
                    cut = tuple(sorted((*(pair for pair in cut if pair[0] != "segment"), ("segment", own))))
                yield Fact(step.at, ((part, minor(step.data[1], step.data[2], who.definitions)),), cut=cut)
