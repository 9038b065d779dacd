"""When something next happens to each customer by itself; the earliest is had at once."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

from stream.packed import NEVER


class Agenda:
    """`queued`: for each customer the time of its entry (ms), NEVER without one. One entry a customer is enough.

    An entry may be too early: what is truly due, and when, is looked up when it comes up.
    """

    __slots__ = ("heap", "queued")

    def __init__(self, rows: Mapping[bytes, bytes]) -> None:
        self.queued = {key: int.from_bytes(row[:8], "big") for key, row in rows.items()}
        self.heap = [(due, key) for key, due in self.queued.items() if due != NEVER]
        heapify(self.heap)

    @property
    def first(self) -> int:
        """The time of the earliest entry, or earlier (ms)."""
        return self.heap[0][0] if self.heap else NEVER

    def put(self, key: bytes, due: int) -> None:
        """Makes a customer known; makes an entry unless there is an earlier one."""
        if due < self.queued.setdefault(key, NEVER):
            self.queued[key] = due
            heappush(self.heap, (due, key))

    def pop(self, to: int) -> tuple[int, bytes] | None:
        """Takes out the earliest entry, by (time, key), that is due by `to`."""
        heap, queued = self.heap, self.queued
        while heap and heap[0][0] <= to:
            due, key = heappop(heap)
            if queued.get(key) == due:
                queued[key] = NEVER
                return due, key
        return None
