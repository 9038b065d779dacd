"""What a customer was when, and the topic of a ticket without deriving it. Covers stream/timeline.py."""

from __future__ import annotations

from itertools import permutations, product

from hypothesis import given
from hypothesis import strategies as st

from stream import steps as S
from stream.definitions import Definitions
from stream.journey import Journey
from stream.steps import Step
from stream.tickets import Ticket, topic_of


def journey(*attributes: tuple[int, str | None, str | None]) -> Journey:
    made = Journey("c", Definitions())
    for uid, (at, segment, stage) in enumerate(attributes):
        made.put("customer", "", Step(at, S.ATTRIBUTES, uid, None, None, (segment, stage)))
    return made


def test_an_attribute_is_that_of_its_time_whatever_came_first() -> None:
    for order in permutations([(10, "smb", None), (20, None, "trial"), (30, "large", None)]):
        found = journey(*order)
        assert [found.attribute("segment", at) for at in (9, 10, 29, 30)] == [None, "smb", "smb", "large"]
        assert [found.attribute("stage", at) for at in (19, 20, 99)] == [None, "trial", "trial"]


def test_a_cut_takes_the_records_own_segment_first_and_leaves_out_what_is_missing() -> None:
    found = journey((10, "smb", None))
    own = Ticket("T", [Step(20, S.OPENED, 1, "large", None, ("chat",))])
    assert found.cut(own, 20, (("channel", "chat"),)) == (("channel", "chat"), ("segment", "large"))
    none = Ticket("T", [Step(5, S.OPENED, 1, None, None, ("chat",))])
    assert found.cut(none, 5) == ()
    assert found.cut(none, 10) == (("segment", "smb"),)


class Event:
    """What a touchpoint is told from."""

    type, source = "page.viewed", "web"

    def __init__(self, id_: str) -> None:
        self.id = id_


def test_the_trail_keeps_the_newest_by_event_time_in_any_order_of_arrival() -> None:
    """And wherever an append ends: then it is put into the row. And whoever asked for it before, as an alert does."""
    for order in permutations((0, 1, 2, 3, 3)):
        for kept, asked in product(range(1 << 5), (0, 1, 4, 31)):
            found = Journey("c", Definitions(trail=3))
            for i, at in enumerate(order):
                found.remember(at, Event(f"e{at}{order[: i + 1].count(at)}"), "")
                if asked >> i & 1:
                    assert [t["at"] for t in found.trail] == sorted(order[: i + 1])[-3:]
                if kept >> i & 1:
                    found.keep_trail()
            assert [t["id"] for t in found.trail] == ["e21", "e31", "e32"]
            found.keep_trail()
            assert [t["id"] for t in stored(found).trail] == ["e21", "e31", "e32"]


def stored(found: Journey) -> Journey:
    """As it is read again."""
    again = Journey("c", found.definitions)
    again.row.trail, again.row.touches = found.row.trail, found.row.touches
    return again


def test_a_touchpoint_that_is_remembered_twice_is_there_once() -> None:
    """As one that comes again after its record was forgotten."""
    found = Journey("c", Definitions(trail=3))
    for at in (1, 2, 1, 2, 2):
        found.remember(at, Event(f"e{at}"), "")
        if at == 1:
            found.keep_trail()
    assert [t["id"] for t in found.trail] == ["e1", "e2"]
    assert found.row.touches == 2


def test_the_topic_of_steps_is_the_topic_of_the_ticket() -> None:
    opened = Step(10, S.OPENED, 1, None, None, ("chat", "a"))
    bare = Step(10, S.OPENED, 2, None, None, ("chat",))
    changed = Step(20, S.UPDATED, 3, None, None, ("b",))
    early = Step(5, S.UPDATED, 4, None, None, ("c",))
    other = Step(30, S.UPDATED, 5, None, None, (None, "high"))
    for steps in ([opened], [bare], [opened, changed], [early, opened], [bare, changed, other], [early, bare, other]):
        assert topic_of(steps) == Ticket("T", steps).topic


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([None, "a", "b"]), st.sampled_from([None, "x", "y"])), max_size=6
    )
)
def test_the_story_says_what_the_attributes_say_also_as_it_grows(attributes) -> None:
    grown = journey()
    for uid, (at, segment, stage) in enumerate(attributes):
        grown.put("customer", "", Step(at, S.ATTRIBUTES, uid, None, None, (segment, stage)))
        for when in range(-1, 11):
            own = grown.attribute("segment", when), grown.attribute("stage", when)
            assert grown.story.labels[grown.period(when)] == own
