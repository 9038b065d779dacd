"""A verdict on its way: an event that the log takes."""

from __future__ import annotations

from typing import Any

from stream.event import decode
from stream.infra.reviews import Review, Reviewable
from stream.record import Record
from stream.sources.verdicts import SOURCE

ABOUT = Reviewable("a1", "low_score", "customer-1")


def test_it_is_a_canonical_event_under_the_customer_s_key() -> None:
    review = Review(ABOUT, "noise", 1_000_001, "link/7", "ann")
    event: Any = decode(review.event())
    assert (event.type, event.id, event.subject) == ("alert.reviewed", "link/7", "customer-1")
    assert event.time.isoformat() == "1970-01-01T00:16:40.001000+00:00"
    assert (event.data.alert, event.data.signal, event.data.verdict, event.data.by) == (
        "a1",
        "low_score",
        "noise",
        "ann",
    )
    assert review.key == b"customer-1"
    assert SOURCE.parse(Record("raw.verdicts", 0, 0, 0, review.key, review.event())) == [event]


def test_who_is_not_known_is_not_named() -> None:
    event: Any = decode(Review(ABOUT, "useful", 0, "x").event())
    assert event.data.by is None
