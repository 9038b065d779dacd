"""What an item of a journey is about, for people: the labels by which its alerts are routed and grouped."""

from __future__ import annotations

from stream.claims import Cut
from stream.journey import Journey

_OF_CUSTOMER = ("segment", "stage", "team")


def about(journey: Journey, item: str, clock: int) -> Cut:
    """The dimensions of an item's ticket as now known, and the customer's segment and stage at `clock` (ms).

    The team is the one that holds the ticket, else the one that looks after the customer.
    """
    dims: Cut = ()
    code, id_ = item[0], item[2:]
    if code == "t" and (ticket := journey.ticket(id_)):
        dims = ticket.dims()
    elif code == "s" and (survey := journey.survey(id_)):
        dims = survey.dims
    elif code == "i" and (tickets := journey.issue(id_ or None).tickets):
        dims = tickets[-1].dims()
    if not journey.row.attributes:
        return dims
    found: dict[str, str | None] = {name: journey.attribute(name, clock) for name in _OF_CUSTOMER}
    found |= dims
    return tuple((name, label) for name, label in sorted(found.items()) if label is not None)
