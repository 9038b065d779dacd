"""What plug-ins cost: the inputs are all taken in, and the table says what was measured."""

from __future__ import annotations

import pytest

from bench import cost
from stream.definitions import Definitions
from stream.partition import Partition
from stream.record import DEADLETTERS, appends


@pytest.mark.parametrize("name", cost.INPUTS)
def test_the_inputs_are_taken_in(name) -> None:
    records = list(cost.INPUTS[name](400))
    [everything] = [lot for lot in cost.lots(["nps"]) if lot.name == cost.EVERYTHING]
    partition = Partition(Definitions(partitions=1, time="record"), everything.plan, 0, {})
    said = [out.topic for append in appends(partition.feed(records)) for out in append.out]
    assert len(records) == 400
    assert said
    assert DEADLETTERS not in said


def test_a_lot_is_everything_but_one() -> None:
    lots = {lot.name: {word.split("@")[0] for word in lot.plan.plugins} for lot in cost.lots(["nps", "reopened"])}
    assert lots.keys() == {cost.EVERYTHING, cost.NOTHING, "nps", "reopened"}
    assert lots[cost.EVERYTHING] - lots["nps"] == {"nps"}
    assert lots[cost.EVERYTHING] - lots["reopened"] == {"reopened"}
    assert lots[cost.NOTHING] < lots["nps"]  # the watches remain: they are no part of this fold
    assert not lots[cost.NOTHING] & {"fcr", "low_score"}


def test_no_plugin_costs_less_than_all() -> None:
    found = cost.measure(cost.lots(["nps"])[:2], list(cost.r1(250)))
    assert found.each > 0
    assert 0 < found.shares[cost.NOTHING] < 1


def test_both_folds_take_all_records(monkeypatch) -> None:
    told: dict[int, list[int]] = {}

    def fed(partition, records) -> float:
        told.setdefault(id(partition), []).extend(record.offset for record in records)
        return 1.0

    monkeypatch.setattr(cost, "fed", fed)
    [one, two] = cost.lots(["nps"])[:2]
    for events in (1, cost.FEW, 230, 4 * cost.FEW):
        told.clear()
        assert set(cost.side_by_side(one, two, list(cost.r1(events)))) == {(1.0, 1.0)}
        assert list(told.values()) == [list(range(events))] * 2


def test_what_is_far_off_does_not_count() -> None:
    assert cost.middle([0.9, 0.9, 0.9, 90.0, 0.0]) == 0.9
    assert cost.middle([0.5]) == 0.5


def test_the_dearest_come_first_and_what_is_much_is_marked() -> None:
    found = cost.Cost(200.0, {cost.NOTHING: 0.8, "cheap": 0.01, "dear": 0.1, "free": -0.01})
    assert list(cost.table(found, 1_000))[2:] == [
        "| everything | 200.0 | 100 % |",
        "| no plug-in | 40.0 | 20.0% |",
        "| dear | 20.0 | 10.0% **much** |",
        "| cheap | 2.0 | 1.0% |",
        "| free | -2.0 | -1.0% |",
    ]
