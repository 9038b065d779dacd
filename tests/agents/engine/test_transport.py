"""A fetch becomes batches: every record once, in order, the partitions in turn."""

from __future__ import annotations

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.engine.lane import BATCH
from agents.engine.transport import Scheduler
from stream.record import Record


def fetched(sizes: list[int]) -> dict[TP, list[Record]]:
    return {TP("t", p): [Record("t", p, i, i, None, None) for i in range(size)] for p, size in enumerate(sizes)}


@given(st.lists(st.integers(0, 9), max_size=4), st.integers(1, 4))
def test_every_record_of_a_fetch_is_in_one_batch_in_order(sizes: list[int], most: int) -> None:
    records, scheduler = fetched(sizes), Scheduler()
    scheduler.most = most
    messages = list(scheduler.iterate(records))
    assert len(messages) == any(sizes)
    batches = [batch for _, message in messages for batch in message.value]
    for tp, found in records.items():
        mine = [batch for where, batch in batches if where == tp]
        assert [record for batch in mine for record in batch] == found
        assert all(0 < len(batch) <= most for batch in mine)


def test_no_partition_waits_for_all_of_another() -> None:
    ((_, message),) = Scheduler().iterate(fetched([2 * BATCH, 1, BATCH + 1]))
    assert [tp.partition for tp, _ in message.value] == [0, 1, 2, 0, 2]


def test_a_fetch_is_named_by_its_first_batch() -> None:
    ((tp, fetch),) = Scheduler().iterate(fetched([0, 3, 1]))
    assert tp == TP(fetch.topic, fetch.partition) == TP("t", 1)
    assert (fetch.offset, fetch.timestamp) == (2, 2)
