"""A ticket is reopened within 7 d after its first resolve."""

from __future__ import annotations

from stream.definitions import DAY
from stream.journey import NEVER, Ticket
from stream.outcome import OfTickets
from stream.signal import words


class Reopened(OfTickets):
    """A ticket that was resolved less than that before the log's end is left out."""

    name = "reopened"
    within_ms = 7 * DAY  # after the first resolve

    @property
    def what(self) -> str:
        return f"is reopened within {words(self.within_ms)} after its first resolve"

    def ended(self, it: Ticket, look: int) -> tuple[int | None, int]:
        if it.first_resolved is None:
            return None, NEVER
        known = it.first_resolved + self.within_ms
        return next((at for at, _ in it.reopens if at <= known), None), known


OUTCOME = Reopened()
