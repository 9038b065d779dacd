"""Live readings: always those that a reading from nothing would give, told when they change."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream.aggregates import KpiPartition
from stream.claims import Change, Differences
from stream.definitions import BEAT, DAY, HOUR, MINUTE, Definitions
from stream.infra.plugins import discover
from stream.live import LiveReadings
from stream.readings import Reading
from tests.support.differences import KPIS, REVISION, WATCHES, cut, records

START = 1_760_000_000_000 // DAY * DAY
Told = dict[tuple[Any, ...], Reading]


def partition(**other: Any) -> KpiPartition:
    return KpiPartition(Definitions(partitions=1, kpi_partitions=1, **other), REVISION, KPIS, WATCHES, 0, {}, None)


def feed(fold: KpiPartition, at: int, *changes: Change) -> None:
    seq = fold.meta.seen.get(0, 0) + 1
    beats = [(at // BEAT, list(changes))] if changes else []
    list(fold.feed(records([Differences(1, REVISION, 0, 1, seq, at, beats)], fold.meta.next)))


def share(at: int, n: int = 1, **dims: str) -> Change:
    return Change("share", at // MINUTE, cut(**dims), {"num": n, "den": n})


def told(live: LiveReadings) -> Told:
    return {(r.kpi, r.window, *r.cut.items()): r for r in live.refresh() if r is not None}


def values(found: Told) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return {about: (r.value, r.n, r.parts) for about, r in found.items()}


steps = st.lists(
    st.tuples(
        st.sampled_from([0, BEAT, 5 * MINUTE, HOUR, DAY, 20 * DAY]),
        st.lists(st.tuples(st.sampled_from(["share", "open"]), st.sampled_from("ab"), st.sampled_from([1, 2]))),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(steps)
@example([(23 * DAY, [("share", "a", 1)]), (BEAT, [])])  # said as the month begins, then within it
def test_what_was_told_last_is_what_is_true_now(found: list[tuple[int, list[tuple[str, str, int]]]]) -> None:
    fold, clock, known = partition(), START, Told()
    live = LiveReadings(fold)
    for gap, said in found:
        clock += gap
        changes = [
            Change(kpi, clock // MINUTE, cut(segment=label), {"n": n} if kpi == "open" else {"num": n, "den": n})
            for kpi, label, n in said
        ]
        feed(fold, clock, *changes)
        known |= told(live)
        assert values(known) == values(told(LiveReadings(fold)))


def test_windows_roll() -> None:
    fold = partition()
    live = LiveReadings(fold)
    feed(fold, START, share(START, 5))
    assert {about[1]: r.n for about, r in told(live).items()} == {"1h": 5, "24h": 5, "month": 5}
    assert told(live) == {}
    feed(fold, START + HOUR, share(START + HOUR, 1))
    assert {about[1]: r.n for about, r in told(live).items()} == {"1h": 6, "24h": 6, "month": 6}
    feed(fold, START + HOUR + MINUTE)
    assert {about[1]: r.n for about, r in told(live).items()} == {"1h": 1}
    feed(fold, START + 26 * HOUR)
    assert {about[1]: r.n for about, r in told(live).items()} == {"1h": 0, "24h": 0}
    feed(fold, START + 40 * DAY)
    assert told(live)["share", "month"].n == 0


def test_only_the_largest_labels_are_told() -> None:
    fold = partition(label_shown=2)
    live = LiveReadings(fold)
    feed(fold, START, *(share(START, n, segment=name) for name, n in (("a", 1), ("b", 1), ("c", 2))))
    assert {about[2][1] for about in told(live) if len(about) > 2} == {"a", "c"}
    feed(fold, START, share(START, 2, segment="b"))
    assert {about[2][1] for about in told(live) if len(about) > 2} == {"b"}


def test_all_is_told_again_on_request() -> None:
    fold = partition()
    live = LiveReadings(fold)
    feed(fold, START, share(START, 5))
    first = told(live)
    live.forget()
    assert told(live) == first


def test_a_month_that_is_not_over_is_provisional_and_a_window_is_final() -> None:
    fold = partition()
    feed(fold, START, share(START, 5))
    found = told(LiveReadings(fold))
    assert (found["share", "month"].status, found["share", "24h"].status) == ("provisional", "final")


def test_a_label_that_has_nothing_takes_nobodys_place() -> None:
    """Of a share of all, n is the same for every label."""
    kpis = {"ticket_share": discover("stream.kpis", "KPI")["ticket_share"]}
    few = Definitions(partitions=1, kpi_partitions=1, label_shown=1)
    fold = KpiPartition(few, REVISION, kpis, (), 0, {}, None)
    for team, num in (("a", 1), ("b", 1), ("a", -1)):
        feed(fold, START + HOUR, Change("ticket_share", START // MINUTE, cut(team=team), {"num": num}))
    assert {r.cut["team"] for r in told(LiveReadings(fold)).values() if r.cut} == {"b"}


def test_labels_whose_facts_sum_to_nothing_have_no_row_of_all() -> None:
    """As the panes are after a start, where something moved from one label to another."""
    rows: dict[bytes, bytes] = {}
    fold = KpiPartition(Definitions(partitions=1, kpi_partitions=1), REVISION, KPIS, WATCHES, 0, rows, None)
    feed(fold, START + HOUR, share(START, 1, segment="a"), share(START, -1, segment="b"))
    again = KpiPartition(fold.definitions, REVISION, KPIS, WATCHES, 0, rows, fold.meta)
    assert {r.cut["segment"] for r in told(LiveReadings(again)).values() if r.cut} == {"a", "b"}


def test_a_label_of_a_pair_is_read_anew_when_the_whole_that_it_is_a_share_of_moves() -> None:
    """A customer changes segment: nothing moves over all, nor of the feature; the denominator of the pair does."""
    kpis = {"adoption_rate": discover("stream.kpis", "KPI")["adoption_rate"]}
    definitions = Definitions(partitions=1, kpi_partitions=1, pairs=(("feature", "segment"),))
    fold = KpiPartition(definitions, REVISION, kpis, [], 0, {}, None)

    def active(n: int, segment: str) -> Change:
        return Change("adoption_rate", START // MINUTE, cut(segment=segment), {"den": n})

    user = Change("adoption_rate", START // MINUTE, cut(feature="f", segment="a"), {"users": 1})
    live, about = LiveReadings(fold), ("adoption_rate", "now", ("feature", "f"), ("segment", "a"))
    feed(fold, START + HOUR, active(4, "a"), active(4, "b"), user)
    assert told(live)[about].value == 1 / 4
    feed(fold, START + HOUR, active(-2, "a"), active(2, "b"))
    assert told(live)[about].value == 1 / 2
    feed(fold, START + HOUR)
    assert about not in told(live)
