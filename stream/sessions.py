"""Sessions: views with one session id, whatever the gap; else views with gaps of at most 30 min."""

from __future__ import annotations

from stream.claims import Cut
from stream.definitions import MINUTE
from stream.steps import Step

GAP = 30 * MINUTE


class Session:
    """Derived from sorted views; never stored. `end` = last view + 30 min: when it counts; `told` = its first view of a
    content that has a name.
    """

    __slots__ = ("cuts", "end", "first", "has_key", "id", "last", "segment", "stage", "steps", "told", "views")

    def __init__(self, id_: str, steps: list[Step]) -> None:
        self.id = id_
        self.steps = steps
        self.segment, self.stage = steps[0].segment, steps[0].stage
        self.cuts: dict[int, tuple[Cut, Cut]] = {}
        self.first, self.last = steps[0].at, steps[-1].at
        self.end = self.last + GAP
        self.views = len(steps)
        self.has_key = False
        self.told: int | None = None
        for step in steps:
            if len(step.data) > 1:
                self._mark(step)

    def take(self, step: Step) -> None:
        """Grow by a newest view."""
        self.last = step.at
        self.end = step.at + GAP
        self.views += 1
        if len(step.data) > 1:  # more than its kind
            self._mark(step)

    def _mark(self, step: Step) -> None:
        if step.data[1]:
            self.has_key = True
        if self.told is None and len(step.data) > 2 and step.data[2] is not None:
            self.told = step.at


def split(steps: list[Step]) -> list[list[Step]]:
    """Views without a session id, cut where nothing came for more than 30 min."""
    runs: list[list[Step]] = []
    for step in steps:
        if runs and step.at - runs[-1][-1].at <= GAP:
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs
