"""The protocol as a small model: two workers that both think they own a partition, in every interleaving.

Each may stop at any step for as long as the other runs, land its append late, learn from the acknowledgement that it
is not alone, die and start again. Whatever happens, the log tells one story: every source record folded once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from agents.engine.ledger import Put, records
from stream.record import Append, Meta
from tests.agents.engine.test_ledger import Log

SOURCE = list(range(1, 7))  # each record adds to the sum of its key
KEYS = (b"odd", b"even")


def worker(log: Log, appends: int) -> Iterator[None]:
    """One life of a worker: every `yield` is a place where it may sleep. Ends when it learns of another."""
    ledger = log.read()
    yield
    meta = ledger.meta or Meta()
    batch = records(Append(ledger.rewrites(), meta, []))  # the claim
    for _ in range(appends + 1):
        base = ledger.end
        yield
        landed = log.append(base, batch)
        yield
        if landed != base:
            return
        ledger.wrote(batch)
        if meta.next == len(SOURCE):
            return
        number = SOURCE[meta.next]
        key = KEYS[number % 2 == 0]
        ledger.rows[key] = b"%d" % (int(ledger.rows.get(key, b"0")) + number)
        meta = Meta(next=meta.next + 1, seq=meta.seq + 1)
        puts: list[Put] = [(key, ledger.rows[key])]
        batch = records(Append(puts, meta, []))


def lives(log: Log) -> Iterator[None]:
    """A worker that its supervisor starts again once."""
    yield from worker(log, 2)
    yield from worker(log, 1)


def check(log: Log) -> int:
    ledger = log.read()
    next = (ledger.meta or Meta()).next
    sums = {key: sum(n for n in SOURCE[:next] if KEYS[n % 2 == 0] == key) for key in KEYS}
    assert {key: int(value) for key, value in ledger.rows.items()} == {k: v for k, v in sums.items() if v}
    return ledger.voids


def schedules(steps: int) -> Iterator[tuple[int, ...]]:
    """Every order in which two workers can take `steps` steps each."""
    for places in itertools.combinations(range(2 * steps), steps):
        chosen = set(places)
        yield tuple(0 if i in chosen else 1 for i in range(2 * steps))


def finish(worker: Iterator[None]) -> None:
    for _ in worker:
        pass


@pytest.mark.parametrize("compacted", [False, True], ids=["as written", "compacted after the next claim"])
def test_every_interleaving_folds_every_record_once(compacted: bool) -> None:
    foreign = 0
    for schedule in schedules(8):
        log = Log()
        both = [lives(log), lives(log)]
        for turn in schedule:
            next(both[turn], None)
            check(log)
        if compacted:
            finish(worker(log, 0))
            log.compact()
            check(log)
        finish(worker(log, len(SOURCE)))  # the one that is left, undisturbed
        foreign += check(log) > 0
        assert (log.read().meta or Meta()).next == len(SOURCE)
    assert foreign or compacted  # the model does meet what it is about
