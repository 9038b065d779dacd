"""What plug-ins cost: the inputs are all taken in, and the table says what was measured."""

from __future__ import annotations

import pytest

from bench import cost
from stream.definitions import Definitions
from stream.partition import Partition
from stream.record import DEADLETTERS


@pytest.mark.parametrize("name", cost.INPUTS)
def test_the_inputs_are_taken_in(name) -> None:
    records = list(cost.INPUTS[name](400))
    [everything] = [lot for lot in cost.lots(["nps"]) if lot.name == cost.EVERYTHING]
    partition = Partition(Definitions(partitions=1, time="record"), everything.plan, 0, {})
    said = [out.topic for append in partition.feed(records) for out in append.out]
    assert len(records) == 400
    assert said
    assert DEADLETTERS not in said


def test_a_lot_is_everything_but_one() -> None:
    lots = {lot.name: {p.name for p in (*lot.plan.kpis, *lot.plan.signals)} for lot in cost.lots(["nps", "reopened"])}
    assert lots.keys() == {cost.EVERYTHING, cost.NOTHING, "nps", "reopened"}
    assert lots[cost.EVERYTHING] - lots["nps"] == {"nps"}
    assert lots[cost.EVERYTHING] - lots["reopened"] == {"reopened"}
    assert lots[cost.NOTHING] == set()


def test_more_plugins_cost_more() -> None:
    costs = cost.measure(cost.lots(["nps"])[:2], list(cost.r1(200)), 1)
    assert costs[cost.EVERYTHING] > costs[cost.NOTHING] > 0


def test_the_dearest_come_first_and_what_is_much_is_marked() -> None:
    costs = {cost.EVERYTHING: 1.0, cost.NOTHING: 0.2, "cheap": 0.99, "dear": 0.9, "free": 1.01}
    assert list(cost.table(costs, 1_000_000))[2:] == [
        "| everything | 1.0 | 100 % |",
        "| no plug-in | 0.2 | 20.0% |",
        "| dear | 0.1 | 10.0% **much** |",
        "| cheap | 0.0 | 1.0% |",
        "| free | -0.0 | -1.0% |",
    ]
