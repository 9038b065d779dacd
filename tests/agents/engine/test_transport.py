"""A fetch becomes batches: every record once, in order, the partitions in turn."""

from __future__ import annotations

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.engine.lane import BATCH
from agents.engine.transport import Batch, Scheduler
from stream.record import Record


def fetch(sizes: list[int]) -> dict[TP, list[Record]]:
    return {TP("t", p): [Record("t", p, i, i, None, None) for i in range(size)] for p, size in enumerate(sizes)}


@given(st.lists(st.integers(0, 9), max_size=4), st.integers(1, 4))
def test_every_record_of_a_fetch_is_in_one_batch_in_order(sizes: list[int], most: int) -> None:
    records, scheduler = fetch(sizes), Scheduler()
    scheduler.most = most
    batches = list(scheduler.iterate(records))
    for tp, found in records.items():
        mine = [batch for where, batch in batches if where == tp]
        assert [record for batch in mine for record in batch.value] == found
        assert all(0 < len(batch.value) <= most for batch in mine)


def test_no_partition_waits_for_all_of_another() -> None:
    batches = Scheduler().iterate(fetch([2 * BATCH, 1, BATCH + 1]))
    assert [tp.partition for tp, _ in batches] == [0, 1, 2, 0, 2]


def test_a_batch_stands_for_its_last_record() -> None:
    batch = Batch(fetch([3])[TP("t", 0)])
    assert (batch.topic, batch.partition, batch.offset, batch.timestamp) == ("t", 0, 2, 2)
