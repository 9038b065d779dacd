"""What an append says is packed some changes at a time, to the very bytes that it would have in one go."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import differences
from stream.claims import Change, Differences
from stream.definitions import BEAT, MINUTE, Definitions
from stream.differences import Outbox, _Array
from stream.record import KPIS, UNPACED, Meta, Out
from stream.sums import add
from tests.support.builders import plan_of

KPIS_OF = ("csat", "fcr", "effort", "health", "stickiness")  # in more than one partition of journey.kpis
PLAN = plan_of(*KPIS_OF)

facts = st.tuples(
    st.integers(0, 5),  # beat
    st.sampled_from(KPIS_OF),
    st.integers(0, 3),  # minute
    st.sampled_from([(), (("team", "front"),), (("team", "back"), ("topic", "api"))]),
    st.integers(-2, 2),
)


def packed(said: list[tuple[int, str, int, tuple[tuple[str, str], ...], int]], stride: int) -> tuple[list[Out], int]:
    """The records, and the number of breaths before them."""
    box = Outbox(Definitions(), PLAN)
    for beat, kpi, minute, cut, n in said:
        add(box.sums(beat), [(minute * MINUTE, None, cut, [(kpi, (("num", n), ("den", 1)))])], 10 * BEAT + 9 * MINUTE)
        box.heard(beat)[f"source/{n}"] = None
    *breaths, outs = box.pack(Meta(seq=3, clock=10 * BEAT), 5, stride)
    assert breaths == [None] * len(breaths)
    assert outs is not None
    return outs, len(breaths)


@given(st.lists(facts, max_size=80), st.integers(1, 9))
def test_in_many_breaths_it_says_the_same_bytes(
    said: list[tuple[int, str, int, tuple[tuple[str, str], ...], int]], stride: int
) -> None:
    whole, none = packed(said, UNPACED)
    outs, breaths = packed(said, stride)
    assert outs == whole
    assert [out.topic for out in outs] == [KPIS] * 4
    changes = len({about[:4] for about in said})
    assert none == 0
    assert breaths >= changes // stride


@given(st.lists(facts, min_size=20, max_size=80), st.integers(1, 9))
def test_between_two_breaths_no_more_is_encoded_than_the_stride(
    said: list[tuple[int, str, int, tuple[tuple[str, str], ...], int]], stride: int
) -> None:
    encoded: list[int] = []  # changes, by call

    def pack(thing: Any) -> bytes:
        encoded.append(changes(thing.beats if isinstance(thing, Differences) else thing))
        return msgspec.msgpack.encode(thing)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "_pack", pack)
        packed(said, stride)
    assert max(encoded) <= stride


def changes(thing: Any) -> int:
    """Of what is not encoded yet."""
    return sum(map(changes, thing)) if isinstance(thing, list | tuple) else isinstance(thing, Change)


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 65_535, 65_536, 65_537])
def test_an_array_that_was_pressed_has_the_bytes_of_one_that_was_not(count: int) -> None:
    array, items = _Array(), list(range(count))
    for start in range(0, count, 7_000):
        array.items += items[start : start + 7_000]
        array.press()
    assert msgspec.msgpack.encode(array.take()) == msgspec.msgpack.encode(items)
    assert msgspec.msgpack.encode(array.take()) == b"\x90"
