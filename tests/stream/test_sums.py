"""What was said is taken back and what is found is said, whatever of both stands as it did."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import MINUTE
from stream.sums import Found, Sums, add, differ

BITS = {"k": 1}
TOLD = st.tuples(
    st.integers(0, 5), st.none() | st.integers(6, 12), st.sampled_from([(), (("segment", "a"),)]), st.integers(1, 2)
)
LISTS = st.lists(TOLD, max_size=6).map(
    lambda told: [
        (at * MINUTE, until and until * MINUTE, cut, (("k", (("n", many),)),)) for at, until, cut, many in told
    ]
)
CLOCKS = st.lists(st.integers(0, 14), min_size=2, max_size=2).map(lambda two: [at * MINUTE for at in sorted(two)])


def drained(sums: Sums) -> list[tuple[str, int, tuple[tuple[str, str], ...], dict[str, int]]]:
    return sorted((one for one in sums.drain() if one[3]), key=repr)


@given(before=LISTS, said=LISTS, amid=LISTS, found=LISTS, after=LISTS, clocks=CLOCKS)
def test_differences_are_those_of_all_that_is_said(before, said, amid, found, after, clocks) -> None:
    """Also where most stands as it did: `before`, `amid` and `after` are in both."""
    then, now = clocks
    old: Found = [*before, *said, *amid, *after]
    new: Found = [*before, *amid, *found, *after]
    quick, slow = Sums(), Sums()
    differ(quick, [(old, then, 1)], new, now, (BITS, 1))
    add(slow, old, then, -1)
    add(slow, new, now)
    assert drained(quick) == [one for one in drained(slow) if any(one[3].values())]
