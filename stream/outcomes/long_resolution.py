"""A ticket takes longer than 14 d to its first resolve."""

from __future__ import annotations

from stream.definitions import DAY
from stream.journey import Ticket
from stream.outcome import OfTickets
from stream.signal import words


class LongResolution(OfTickets):
    """It happens the moment the limit passes; a ticket that is younger and open at the log's end is left out."""

    name = "long_resolution"
    limit_ms = 14 * DAY  # from the opening; longer than the horizon

    @property
    def what(self) -> str:
        return f"takes longer than {words(self.limit_ms)} to be resolved"

    def ended(self, it: Ticket, look: int) -> tuple[int | None, int]:
        limit = it.opened + self.limit_ms
        if it.first_resolved is not None and it.first_resolved <= limit:
            return None, it.first_resolved
        return limit, limit


OUTCOME = LongResolution()
