"""A ticket is handed on, and on: two more transfers after the look, to the end of what is known of it."""

from __future__ import annotations

from stream.journey import NEVER, Ticket
from stream.outcome import OfTickets


class FurtherTransfers(OfTickets):
    """Tickets that were never resolved are left out: nobody knows yet how often they will be handed on."""

    name = "further_transfers"
    more = 2

    @property
    def what(self) -> str:
        return f"is handed to another team {self.more} more times or oftener"

    def ended(self, it: Ticket, look: int) -> tuple[int | None, int]:
        later = [at for at, *_ in it.transfers if at > look]
        happened = later[self.more - 1] if len(later) >= self.more else None
        return happened, NEVER if it.first_resolved is None else it.first_resolved


OUTCOME = FurtherTransfers()
