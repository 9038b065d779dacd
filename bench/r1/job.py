"""R1, the job, written by hand: what every contender does, whatever carries it.

Per customer: the contacts (tickets opened) of the last 7 d, at most 8; the last 5 CES scores; the open tickets. Per
hour and segment: events by type, number and sum of the CES scores. An alert when contacts within 7 d become three,
and when the mean of the newest 2 of 5 scores falls 2 points or more below that of the 3 before them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from msgspec import Struct, field

from stream import event
from stream.definitions import DAY, HOUR

CONTACTS, WITHIN = 3, 7 * DAY
REPEAT, FALL = "r1_repeat", "r1_fall"
decode: Callable[[bytes | None], Any] = event.decode  # the input is well formed
Hours = dict[tuple[int, str], Counter[str]]  # by (hour since the epoch, segment): events by type, `ces_n`, `ces_sum`
Cause = tuple[str, str, int]  # (rule, customer, event time in ms): what names an alert


class Customer(Struct, array_like=True):
    """What is remembered of one customer."""

    contacts: list[int] = field(default_factory=list)  # event times, ms
    scores: list[int] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)  # open ones


def take(who: Customer, type_: str, at: int, ticket: str, score: int) -> str | None:
    """Takes in an event of a customer, heard in order; the rule that now begins to hold, if one does."""
    if type_ == "ticket.opened":
        who.tickets.append(ticket)
        contacts = [t for t in who.contacts if t > at - WITHIN]
        contacts.append(at)
        who.contacts = contacts[-8:]
        return REPEAT if len(contacts) == CONTACTS else None
    if type_ == "ticket.resolved":
        if ticket in who.tickets:
            who.tickets.remove(ticket)
    elif type_ == "survey.answered":
        fell = falls(who.scores)
        who.scores = [*who.scores[-4:], score]
        return FALL if not fell and falls(who.scores) else None
    return None


def falls(five: list[int]) -> bool:
    """Whether the mean of the newest 2 of 5 scores is 2 points or more below that of the 3 before them."""
    return len(five) == 5 and 3 * (five[3] + five[4]) + 12 <= 2 * (five[0] + five[1] + five[2])


def count(hours: Hours, type_: str, at: int, segment: str, score: int) -> None:
    """Counts an event in its hour."""
    sums = hours.get((at // HOUR, segment))
    if sums is None:
        sums = hours[at // HOUR, segment] = Counter()
    sums[type_] += 1
    if type_ == "survey.answered":
        sums["ces_n"] += 1
        sums["ces_sum"] += score


def digest(causes: Iterable[Cause]) -> str:
    """One short word for a set of alerts: equal for equal sets."""
    lines = sorted(f"{rule} {customer} {at}" for rule, customer, at in set(causes))
    return blake2b("\n".join(lines).encode(), digest_size=6).hexdigest()
