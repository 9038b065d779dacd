"""Holes H1, H3, H7, H8, H14 to H16, H19, H20 (docs/holes.md): what is written, by whom, and in which order."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest

from agents.engine.exits import Code
from agents.engine.ledger import META, Ledger, records
from agents.engine.owner import Owner, TableSpec
from stream.claims import Alert
from stream.delivering import DeliveryPartition
from stream.record import ALERTS, Append, Meta, Out, Record, Stop
from tests.agents.engine.test_ledger import Log
from tests.agents.engine.test_owner import SOURCE, Journal, Pairs, batch, spec, working
from tests.support.builders import DEFINITIONS, START, opened, run
from tests.support.holes import Broker, append_piecemeal, append_unchecked, hop, producer, without
from tests.support.recount import until

TABLE = "c"
SAID = Out("said", 0, b"k", b"v")


def append(next: int, *puts: Any, out: tuple[Out, ...] = ()) -> Append:
    return Append(list(puts), Meta(next=next, seq=next, run=1, revision="r", partitions=4), list(out))


async def worked(owner: Owner, journal: Journal) -> None:
    """Two records, to their end or to a stop."""
    await owner.put(batch(0, 1))
    await until(lambda: owner.idle or journal.errors, "all is worked off")
    await owner.close()


def every_record_counts(offset: int, headers: Any) -> tuple[int, int]:
    return offset, 0


@without("agents.engine.ledger._read_stamp", every_record_counts)
async def test_h01a_what_a_sleeper_lands_late_does_not_count() -> None:
    log = Log()
    log.append(0, records(append(1, (b"a", b"1"))))
    log.append(3, records(append(2, (b"a", b"2"))))
    log.append(3, records(append(2, (b"a", b"asleep since 3"))))
    assert log.read().rows == {b"a": b"2"}


@without("agents.engine.producer.Producer.append", append_unchecked)
async def test_h01b_a_sleeper_that_wakes_stops_before_it_publishes_or_goes_on() -> None:
    broker, journal = Broker(), Journal()
    await producer(broker).append(TABLE, 1, 0, records(append(2, (b"a", b"another owner's"))))
    owner = Owner(SOURCE, Pairs(Meta(next=0)), Ledger(), spec(), producer(broker), journal)
    await worked(owner, journal)
    assert [error.code for error in journal.errors if isinstance(error, Stop)] == [Code.FOREIGN]
    assert (journal.happened, broker.records("o")) == ([], [])


async def say_first(self: Owner, append: Append) -> None:
    await self._producer.publish(append.out)
    await write(self, append)


write = Owner.write


@without("agents.engine.owner.Owner.write", say_first)
async def test_h03_nothing_is_said_that_is_not_written() -> None:
    broker, journal = Broker(), Journal()
    made = producer(broker)
    made.append = refuse  # type: ignore[assignment, method-assign]
    owner = Owner(SOURCE, Pairs(Meta(next=0)), Ledger(), spec(), made, journal)
    await worked(owner, journal)
    assert len(journal.errors) == 1
    assert broker.records("o") == []


async def refuse(*_: Any) -> int:
    raise ConnectionError


@without("agents.engine.ledger.Ledger.out", [])
async def test_h03_what_was_written_is_said_by_the_next_owner() -> None:
    broker = Broker()
    await producer(broker).append(TABLE, 1, 0, records(append(2, out=(SAID,))))  # and dies
    table = TableSpec(TABLE, lambda p, rows, meta: Pairs(meta), 1, "r", 4)  # type: ignore[arg-type]
    made = hop(table, broker, [])
    made._ledgers = {1: broker.read(TABLE, 1)}
    await made._claim(SOURCE, 0, 10)
    assert [(key, value) for key, value, _ in broker.records("said")] == [(b"k", b"v")]


@without("agents.engine.ledger.Ledger.rewrites", lambda self: [])
async def test_h07_compaction_keeps_what_counts() -> None:
    log = Log()
    log.append(0, records(append(1, (b"a", b"1"))))
    log.append(0, records(append(9, (b"a", b"void"))))
    owner = log.read()
    log.append(owner.end, records(Append(owner.rewrites(), owner.meta or Meta(), [])))
    log.compact()
    assert log.read().rows == {b"a": b"1"}


@without("agents.engine.ledger.Ledger.settled", lambda self: self.meta)
async def test_h07_state_lost_to_compaction_is_no_beginning() -> None:
    log = Log()
    log.append(0, records(append(1, (b"a", b"1"))))
    log.append(0, records(append(9, (b"a", b"void"))))
    log.compact()  # a day passed and nobody mended it
    with pytest.raises(Stop):
        log.read().settled()


@without("agents.engine.producer.Producer.append", append_piecemeal)
async def test_h08_h19_an_append_is_there_as_a_whole_or_not_at_all() -> None:
    """All keys of one event, and the place after it."""
    for fails in range(5):
        broker = Broker(fails)
        with suppress(ConnectionError):
            await producer(broker).append(TABLE, 0, 0, records(append(1, (b"from", None), (b"into", b"1"))))
        ledger = broker.read(TABLE)
        assert (ledger.rows, ledger.meta.next) == ({b"into": b"1"}, 1) if ledger.meta else not ledger.end


def alert(version: int, status: str) -> Alert:
    (made, *_) = run(opened("T", 0, subject="c"), until=5 * 86_400_000).alerts
    return msgspec.structs.replace(made, version=version, status=status, changed=START + version)


def newest_as_heard(old: Any, head: Any, body: bytes, clock: int) -> Any:
    from stream.notices import merge

    return merge(None, head, body, clock)


@without("stream.delivering.merge", newest_as_heard)
async def test_h14_an_alert_that_is_repeated_or_overtaken_changes_nothing() -> None:
    newest, older = alert(2, "resolved"), alert(1, "open")
    fold = DeliveryPartition(DEFINITIONS, "r", 0, {})
    for offset, said in enumerate((older, newest, newest, older)):
        list(fold.feed([Record(ALERTS, 0, offset, START + 10, b"k", msgspec.json.encode(said))]))
    held = fold.held(newest.id)
    assert held is not None and (held.head.version, held.head.status) == (2, "resolved")


class Told:
    """What goes on beside a fold."""

    def __init__(self) -> None:
        self.appends = 0

    def heard(self, append: Append) -> None:
        self.appends += 1

    async def look(self, owner: Owner, caught_up: bool) -> None: ...

    async def close(self) -> None: ...


async def effects_first(self: Owner, append: Append) -> None:
    assert self._beside is not None
    self._beside.heard(append)
    await write(self, append)


@without("agents.engine.owner.Owner.write", effects_first)
async def test_h15_effects_outside_the_log_come_after_the_write() -> None:
    told, journal, made = Told(), Journal(), producer(Broker())
    made.append = refuse  # type: ignore[assignment, method-assign]
    owner = Owner(SOURCE, Pairs(Meta(next=0)), Ledger(), spec(beside=lambda fold: told), made, journal)
    await worked(owner, journal)
    assert (told.appends, len(journal.errors)) == (0, 1)


async def done_first(self: Owner, append: Append) -> None:
    self.control.done(self.tp, append.meta.next)
    await write(self, append)


@without("agents.engine.owner.Owner.write", done_first)
async def test_h16_only_what_is_written_and_published_may_be_committed() -> None:
    journal, made = Journal(), producer(Broker(fails=1))  # the append lands, what it says does not
    owner = Owner(SOURCE, Pairs(Meta(next=0)), Ledger(), spec(), made, journal)
    await worked(owner, journal)
    assert [what for what, _ in journal.happened] == []
    assert len(journal.errors) == 1


@without("agents.engine.ledger._checked", lambda decoder, offset, value: value)
async def test_h20_a_changelog_record_that_is_none_of_ours_stops_the_worker() -> None:
    log = Log()
    log.append(0, [(META, b"junk")])
    with pytest.raises(Stop) as stopped:
        log.read()
    assert stopped.value.code == Code.CORRUPT


async def test_the_journal_itself_sees_a_whole_append() -> None:
    """What the tests above say of `happened` would be true of a journal that sees nothing."""
    journal = Journal()
    await (await working(journal, Pairs(Meta(next=0)), batch(0, 1))).close()
    assert [what for what, _ in journal.happened] == ["written", "published", "done"]
