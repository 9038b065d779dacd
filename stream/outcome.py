"""What an outcome is: that which a signal claims to warn of, as it can be read off a journey afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from msgspec import Struct

from stream.definitions import DAY
from stream.journey import Journey, Ticket
from stream.signal import words


class About(NamedTuple):
    """What an alert or a case is about, inside its customer; what is None does not tell them apart.

    `issue` = (topic or None,), as a topic may be missing.
    """

    ticket: str | None = None
    issue: tuple[str | None] | None = None
    subscription: str | None = None

    def meets(self, other: About) -> bool:
        """Whether both may be about the same: nothing that both name differs."""
        return all(a is None or b is None or a == b for a, b in zip(self, other, strict=True))


class Case(Struct, frozen=True, gc=False):
    """One thing to which an outcome may happen, as it stood at `look`: it had not happened yet. Event times, ms.

    It was warned of if an alert about it was open at some time in [since, look]. `happened` = when, later than `look`;
    None = it did not. `known` = from when on a log can tell: a case that a log ends before is left out, also where it
    had happened, since what happens early must not count for more.
    """

    since: int
    look: int
    known: int
    happened: int | None
    about: About = About()


class Outcome(Protocol):
    """One outcome. Pure and total. `whom` and `what` are plain words, with the parameters that hold."""

    name: str
    version: int

    @property
    def whom(self) -> str:
        """The population: "tickets ..."."""

    @property
    def what(self) -> str:
        """What happens to them: "is ..."."""

    def cases(self, who: Journey, end: int) -> Iterable[Case]:
        """All cases of a customer whose look is not after `end`, the end of the log, ms."""


class OfTickets:
    """Defaults of an outcome of tickets: they are looked at once, `horizon_ms` after they were opened, if they have not
    been resolved by then (a ticket that was, and was reopened, is left out).
    """

    name: str
    version = 1
    horizon_ms = DAY

    @property
    def whom(self) -> str:
        return f"tickets not resolved {words(self.horizon_ms)} after they were opened"

    def cases(self, who: Journey, end: int) -> Iterator[Case]:
        for ticket in who.tickets:
            look = ticket.opened + self.horizon_ms
            if look <= end and (ticket.first_resolved is None or ticket.first_resolved > look):
                happened, known = self.ended(ticket, look)
                if happened is None or happened > look:
                    yield Case(ticket.opened, look, known, happened, About(ticket.id, (ticket.topic,)))

    def ended(self, it: Ticket, look: int) -> tuple[int | None, int]:
        """`happened` and `known` of a ticket (see `Case`); it is no case if it had happened by the look."""
        raise NotImplementedError
