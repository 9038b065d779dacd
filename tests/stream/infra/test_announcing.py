"""No sink is told of an alert before it is written that it may be: so whoever comes after can end it there."""

from __future__ import annotations

from stream.infra.announcing import AT_ONCE
from tests.stream.infra.test_courier import Delivery
from tests.support.alerts import alert
from tests.support.sinks import Scripted
from tests.support.waiting import until


def silent(*sinks: Scripted, rows: dict[bytes, bytes] | None = None) -> Delivery:
    """One whose hop writes nothing by itself."""
    delivery = Delivery(*sinks, rows=rows)
    delivery.hop.cancel()
    delivery.courier.caught_up()
    return delivery


async def test_a_sink_is_told_only_what_is_announced() -> None:
    sink = Scripted()
    delivery = silent(sink)
    delivery.hear(alert("a"), alert("b"))
    announcements = delivery.courier.announcements
    await until(lambda: announcements.waiting == 2)
    append = announcements.append()
    assert append is not None
    assert announcements.append() is None  # one at a time
    assert sink.attempts == 0
    delivery.courier.heard(append)
    await until(lambda: len(sink.told) == 2)
    assert announcements.waiting == 0
    delivery.hear(alert("a", version=2))
    await until(lambda: len(sink.told) == 3)  # it holds it already: nothing to announce
    await delivery.courier.close()


async def test_who_was_told_by_one_that_died_is_told_the_end_by_the_next() -> None:
    first, second = Scripted(), Scripted()
    before = Delivery(first)
    before.courier.caught_up()
    before.hear(alert("told"))
    await until(lambda: len(first.told) == 1)
    await before.courier.close()  # it dies before it has written down that it told
    before.hop.cancel()
    after = silent(second, rows=before.fold.rows)
    after.hear(
        alert("told", version=2, status="resolved"), alert("untold"), alert("untold", version=2, status="resolved")
    )
    await until(lambda: len(second.told) == 1)
    assert [(told.kind, told.key) for told in second.told] == [("resolve", "told/1/2")]
    await after.courier.close()


async def test_many_are_announced_in_small_appends_and_what_was_forgotten_is_passed_over() -> None:
    delivery = silent(Scripted())
    delivery.hear(*(alert(f"a{i}") for i in range(AT_ONCE + 1)))
    announcements = delivery.courier.announcements
    await until(lambda: announcements.waiting == AT_ONCE + 1)
    append = announcements.append()
    assert append is not None
    assert len(append.puts) == AT_ONCE
    delivery.courier.heard(append)
    delivery.fold.rows.clear()
    assert announcements.append() is None
    assert announcements.waiting == 0
    await delivery.courier.close()
