"""The courier: sinks run beside the fold, from the end of the log on, and a new owner goes on where the last was."""

from __future__ import annotations

import asyncio

import pytest

from stream.claims import Alert
from stream.definitions import MINUTE, Definitions
from stream.delivering import DeliveryPartition
from stream.infra.courier import MARKS, Courier
from stream.infra.mailbox import Pace
from stream.infra.sinks import Outcome
from stream.infra.telemetry import Telemetry
from tests.support.alerts import alert, heard
from tests.support.sinks import Now, Scripted, announce
from tests.support.waiting import until

QUICK = Pace(first=0.01, longest=0.01)


class Delivery:
    """What the hop does with a fold and a courier."""

    def __init__(self, *sinks: Scripted, rows: dict[bytes, bytes] | None = None) -> None:
        self.now = Now()
        self.telemetry = Telemetry()
        self.fold = DeliveryPartition(Definitions(), "r", 0, {} if rows is None else rows)
        self.courier = Courier(self.fold, sinks, self.telemetry, clock=self.now, chance=lambda: 0.5, pace=QUICK)
        self.hop = asyncio.create_task(announce(self.courier))

    def hear(self, *alerts: Alert) -> None:
        for append in self.fold.feed(heard(alerts, offset=self.fold.meta.next)):
            self.courier.heard(append)

    def mark(self) -> int:
        count = 0
        while append := self.courier.marks():
            count += len(append.puts)
        return count


async def test_nothing_is_sent_before_the_end_of_the_log_is_reached() -> None:
    sink = Scripted()
    delivery = Delivery(sink)
    delivery.hear(alert(), alert(version=2), alert("b"), alert("b", version=2, status="resolved"))
    assert not delivery.courier.started
    delivery.courier.caught_up()
    delivery.courier.caught_up()
    await until(lambda: bool(sink.told))
    delivery.hear(alert("c"))
    await until(lambda: len(sink.told) == 2)
    await delivery.courier.close()
    assert [told.key for told in sink.told] == ["a1/1/2", "c/1/1"]
    assert sink.closed


async def test_a_dead_sink_does_not_hold_up_another() -> None:
    dead, well = Scripted("dead"), Scripted("well")
    dead.script = [Outcome("retry", "down")] * 1_000_000
    delivery = Delivery(dead, well)
    delivery.courier.caught_up()
    for i in range(50):
        delivery.hear(alert(f"a{i}"))
    await until(lambda: len(well.told) == 50 and dead.attempts > 0)
    assert delivery.telemetry.sinks["dead"].backlog == 50
    assert not delivery.telemetry.sinks["dead"].up
    assert delivery.telemetry.sinks["well"].up
    await delivery.courier.close()


async def test_a_new_owner_tells_only_what_is_not_marked() -> None:
    first, second = Scripted(), Scripted()
    before = Delivery(first)
    before.courier.caught_up()
    before.hear(alert("a"), alert("b"))
    await until(lambda: len(first.told) == 2)
    assert before.mark() == 2
    await before.courier.close()
    after = Delivery(second, rows=before.fold.rows)
    after.courier.caught_up()
    after.hear(alert("b", version=2))
    await until(lambda: len(second.told) == 1)
    await after.courier.close()
    assert [(told.kind, told.key) for told in second.told] == [("update", "b/1/2")]


async def test_many_marks_make_many_small_appends() -> None:
    sink = Scripted()
    delivery = Delivery(sink)
    delivery.courier.caught_up()
    delivery.hear(*(alert(f"a{i}") for i in range(2 * MARKS + 1)))
    await until(lambda: len(sink.told) == 2 * MARKS + 1)
    append = delivery.courier.marks()
    assert append is not None
    assert len(append.puts) == MARKS
    assert delivery.mark() == MARKS + 1
    await delivery.courier.close()


async def test_news_stays_news_while_a_sink_is_away() -> None:
    """What was heard in time pages also when the sink comes back an hour later; what came late does not."""
    sink = Scripted()
    delivery = Delivery(sink)
    sink.script = [Outcome("retry", "down")]
    delivery.courier.caught_up()
    delivery.hear(alert("tried", severity="page"))
    await until(lambda: sink.attempts == 1)
    delivery.hear(alert("heard", severity="page"))
    delivery.now.seconds += 60 * MINUTE // 1000
    delivery.hear(alert("late", severity="page"))
    await until(lambda: len(sink.told) == 3)
    await delivery.courier.close()
    found = {told.alert.id: told.severity.name for told in sink.told}
    assert found == {"tried": "page", "heard": "page", "late": "queue"}


async def test_a_sink_that_is_not_ready_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Scripted()
    monkeypatch.setattr(sink, "ready", lambda: False)
    delivery = Delivery(sink)
    assert delivery.courier.mailboxes == []
    delivery.courier.caught_up()
    delivery.hear(alert())
    assert delivery.courier.marks() is None


async def test_what_is_open_is_counted_for_the_metrics() -> None:
    delivery = Delivery()
    delivery.hear(alert(), alert("b", severity="page"))
    assert delivery.telemetry.alerts_active == {("repeat_contact", "queue"): 1, ("repeat_contact", "page"): 1}


async def test_who_gives_the_partition_up_claims_nothing_of_it() -> None:
    sink = Scripted()
    sink.script = [Outcome("retry", "down")] * 1_000
    delivery = Delivery(sink)
    delivery.courier.caught_up()
    delivery.hear(alert())
    await until(lambda: not delivery.telemetry.sinks["scripted"].up)
    await delivery.courier.close()
    left = delivery.telemetry.sinks["scripted"]
    assert (left.up, left.error, left.backlog, left.oldest) == (True, "", 0, 0)
    assert left.outcomes["retry"] > 0, "counters stay"
    assert delivery.telemetry.alerts_active == {}


async def test_a_sink_that_wants_no_single_alerts_gets_the_queue_at_its_hours() -> None:
    """The clock of the tests stands at 0:16:40."""
    sink = Scripted("digest", least=None, hours=(1,))
    delivery = Delivery(sink)
    delivery.hear(alert(), alert("b"), alert("c", version=2, status="resolved"))
    delivery.courier.caught_up()
    [digests] = delivery.courier.digests
    assert delivery.courier.mailboxes == []
    delivery.now.seconds = 3_600.0
    await digests.step()
    await delivery.courier.close()
    [queue] = sink.digests
    assert [ranked.alert.id for ranked in queue.first] == ["a1", "b"]
    assert (queue.at, queue.active) == (3_600_000, {("repeat_contact", "queue"): 2})
    assert sink.closed
    assert sink.told == []


async def test_digests_come_by_themselves() -> None:
    sink = Scripted("digest", least=None, hours=(1,))
    delivery = Delivery(sink)
    delivery.now.seconds = 3_599.9
    [digests] = delivery.courier.digests
    delivery.courier.caught_up()
    delivery.now.seconds = 3_600.0
    await until(lambda: len(sink.digests) == 1)
    assert not digests.letters
    await delivery.courier.close()


async def test_what_is_refused_is_a_record_once_and_again_for_the_next_owner() -> None:
    """So what an operator mended is told after a restart, and what was not is recorded anew."""
    sink = Scripted()
    sink.script = [Outcome("rejected", "400 no"), Outcome("rejected", "400 no")]
    delivery = Delivery(sink)
    delivery.courier.caught_up()
    delivery.hear(alert())
    await until(lambda: sink.attempts == 1)
    [record] = delivery.courier.undelivered()
    assert (record.topic, record.key) == ("journey.undelivered", b"scripted/a1/1/1")
    assert delivery.courier.undelivered() == []
    assert delivery.courier.marks() is None, "the state does not take it for told"
    await delivery.courier.close()
    for refused in (1, 0):
        successor = Delivery(sink, rows=delivery.fold.rows)
        successor.courier.caught_up()
        await until(lambda: sink.attempts == 3 - refused)  # noqa: B023
        assert len(successor.courier.undelivered()) == refused
        await successor.courier.close()
    assert [told.key for told in sink.told] == ["a1/1/1"]
