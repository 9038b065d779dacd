"""A customer enters the same stage for the third time in 30 d, or takes a way that settings forbid. For 30 d.

Stages are those of `customer.updated`. Loops that a process model does not know warn of giving up (product.md, 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream import steps as S
from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.journey import Journey
from stream.signal import Plugin
from stream.timeline import ATTRIBUTE

Entry = tuple[int, int, str | None, str]  # at, uid, stage before, stage


class JourneyLoop(Plugin):
    """`forbidden` = ("from > to", ...). What is said again of the stage that one is in is no entry."""

    name = "journey_loop"
    warns_of = "abandonment"
    of = Journey
    reads = frozenset({"customer"})

    times = 3
    within_ms = 30 * DAY
    holds_ms = 30 * DAY
    forbidden: tuple[str, ...] = ()

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        by_stage: dict[str, list[Entry]] = {}
        for entry in _entries(it):
            by_stage.setdefault(entry[3], []).append(entry)
        for stage in sorted(by_stage):
            yield from self._of(stage, by_stage[stage])

    def _of(self, stage: str, entries: list[Entry]) -> Iterator[Finding]:
        run: list[int] = []  # indices of entries that met a condition, each within reach of the one before
        for i, (at, _, before, _) in enumerate(entries):
            if not (self._is_loop(entries, i) or f"{before} > {stage}" in self.forbidden):
                continue
            if run and at > entries[run[-1]][0] + self.holds_ms:
                yield self._finding(stage, entries, run)
                run = []
            run.append(i)
        if run:
            yield self._finding(stage, entries, run)

    def _is_loop(self, entries: list[Entry], i: int) -> bool:
        first = i - self.times + 1
        return first >= 0 and entries[i][0] - entries[first][0] <= self.within_ms

    def _finding(self, stage: str, entries: list[Entry], run: list[int]) -> Finding:
        last, uid, before, _ = entries[run[-1]]
        seen = [e for e in entries[: run[-1] + 1] if e[0] >= last - self.within_ms]
        loop = self._is_loop(entries, run[-1])
        return Finding(
            cause=stage,
            since=entries[run[0]][0],
            until=last + self.holds_ms,
            severity=Severity.info,
            text=f"Entered stage {stage} {len(seen)} times within {self.within_ms // DAY} d"
            if loop
            else f"Went from stage {before} to {stage}, which is no way of this journey",
            evidence=tuple(e[1] for e in seen) if loop else (uid,),
            numbers=(("entries", len(seen)), ("within_days", self.within_ms // DAY)),
            clears=f"{self.holds_ms // DAY} d without another such entry",
        )


def _entries(it: Journey) -> Iterator[Entry]:
    """The customer's changes of stage, in order."""
    before: str | None = None
    for step in it.row.attributes:
        stage = S.value(step, ATTRIBUTE["stage"])
        if stage is not None and stage != before:
            yield step.at, step.uid, before, stage
            before = stage


SIGNAL = JourneyLoop()
