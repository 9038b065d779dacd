"""Records that are little more than their steps. Covers stream/plain.py, stream/row.py."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.days import Days
from stream.definitions import DAY, HOUR, Definitions
from stream.plain import WEEK, Feature, balance, counted, extend, held, is_day_told, is_told, merged, thin, worth_of
from stream.row import Row, decode_row, encode_row
from stream.steps import BALANCE, PAID, REFUNDED, USED, Step, insert

TIMES = st.lists(st.integers(0, 120 * 4).map(lambda n: n * 6 * HOUR), min_size=1, max_size=60, unique=True)
LASTS = 28 * DAY


def use(at: int) -> Step:
    return Step(at, USED, at + 1, None, None, ())


def thinned(times: list[int]) -> list[Step]:
    steps: list[Step] = []
    for at in times:
        insert(steps, use(at))
        thin(steps)
    return steps


@settings(max_examples=200)
@given(TIMES, st.randoms(use_true_random=False))
def test_what_is_thinned_out_told_nothing_in_whatever_order_it_came(times: list[int], random: Random) -> None:
    shuffled = random.sample(times, len(times))
    steps = thinned(shuffled)
    again = [*shuffled, *random.sample(times, len(times) // 2)]
    assert Feature("f", steps).held(LASTS) == held([(t, t) for t in sorted(times)], LASTS)
    assert Feature("f", thinned(again)).held(LASTS) == Feature("f", steps).held(LASTS)


def test_daily_use_is_a_step_a_week() -> None:
    assert len(thinned([i * DAY for i in range(60)])) <= 60 // 7 * 2 + 2


def test_a_use_shortly_after_another_is_told_of_later() -> None:
    steps = [use(30 * DAY)]
    assert is_told(steps, 31 * DAY, 31 * DAY)
    assert not is_told(steps, 29 * DAY, 31 * DAY)
    assert not is_told(steps, 31 * DAY, 30 * DAY + 2 * WEEK)


@settings(max_examples=200)
@given(TIMES, st.randoms(use_true_random=False), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]))
def test_a_day_in_use_knows_its_first_and_last(times: list[int], random: Random, zone: str) -> None:
    days, steps = Days(zone), list[Step]()
    for at in random.sample(times, len(times)):
        extend(steps, at, days)
        assert is_day_told(steps, at)
    by_day: dict[tuple[int, int], list[int]] = {}
    for at in sorted(times):
        by_day.setdefault(days.span(at), []).append(at)
    assert [(s.at, *s.data) for s in steps] == [(ts[0], ts[-1], end) for (_, end), ts in sorted(by_day.items())]
    assert not is_day_told(steps, steps[0].at - 1)


def test_spans_merge_and_are_counted() -> None:
    spans = [(5, 9), (0, 4), (3, 6), (20, 21), (21, 22)]
    assert merged(spans) == [(0, 9), (20, 22)]
    assert list(counted(spans, str)) == [(0, 3, "1"), (3, 4, "2"), (4, 5, "1"), (5, 6, "2"), (6, 9, "1"), (20, 22, "1")]
    assert list(counted([], str)) == []


def test_a_balance_is_what_its_steps_add_up_to_by_what_they_named() -> None:
    d = Definitions()
    steps = [Step(1, REFUNDED, 1, None, None, ("3", "USD")), Step(2, PAID, 2, None, None, ("10", "USD")),
             Step(3, PAID, 3, "x", None, ("1", "USD"))]  # fmt: skip
    once = balance(steps, d)
    assert [(s.at, s.kind, s.segment, s.data) for s in once] == [
        (2, BALANCE, None, (700, True)),
        (3, BALANCE, "x", (100, True)),
    ]
    twice = balance([*once, Step(9, PAID, 4, None, None, ("5", "USD"))], d)
    assert sum(worth_of(s, d) for s in twice) == 1300
    assert [s.at for s in twice] == [2, 3]


def test_a_row_comes_back_as_it_was() -> None:
    row = Row(attributes=[use(1)], dues={"t:1": 5}, backfill=7)
    back = decode_row(encode_row(row))
    assert (back.attributes, back.dues, back.backfill) == (row.attributes, row.dues, row.backfill)
