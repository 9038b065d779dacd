"""The place in a source partition: which fetched batch is the next one, whatever the client hands over.

After a rebalance the client may hand over batches from before its seek, hand some over twice and drop others, its
own position already advanced. So the place is kept here, and a batch counts only if it goes on from it.
"""

from __future__ import annotations

from enum import Enum

READINGS = 4  # without what is missing, until the log is believed to have a gap: a batch may be handed over twice
PATIENCE = 64  # batches that may still be under way when a seek is asked for: many more than the queues hold


class Verdict(Enum):
    """What to do with a batch."""

    TAKE = "take"  # goes on from the place; cut off what is before it
    DROP = "drop"  # old, or left over from before the seek
    SEEK = "seek"  # something is missing in between: seek back to the place, and drop this one
    GAP = "gap"  # still missing after it was read again: the log itself has a gap before this batch


class Position:
    """`next` is the offset of the first record that is not yet in the state."""

    def __init__(self, next: int) -> None:
        self.next = next
        self._beyond: int | None = None  # start of the batch that made us seek back
        self._readings = 0
        self._waited = 0

    def judge(self, first: int, last: int) -> Verdict:
        """The verdict on a batch of the offsets `first`..`last`; `next` is the caller's to advance."""
        if last < self.next:
            return Verdict.DROP
        if first <= self.next:
            self._beyond = None
            return Verdict.TAKE
        if self._beyond is None:
            self._readings = 0
            return self._seek(first)
        if first <= self._beyond:  # what is under way from before the seek is all beyond it: this was read again
            self._readings += 1
            if self._readings < READINGS:
                return self._seek(first)
            self._beyond = None
            return Verdict.GAP
        self._waited += 1
        if self._waited > PATIENCE:  # what the seek should have brought was dropped as well
            return self._seek(first)
        return Verdict.DROP

    def _seek(self, first: int) -> Verdict:
        self._beyond, self._waited = first, 0
        return Verdict.SEEK
