"""The protocol as a small model: two workers that both think they own a partition, in every interleaving.

Each may stop at any step for as long as the other runs, land its append late, learn from the acknowledgement that it
is not alone, die and start again. Whatever happens, the log tells one story: every source record folded once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import pytest

from agents.engine.ledger import Header, Ledger, Put, _read_stamp, records, stamp
from stream.record import Append, Meta
from tests.agents.engine.test_ledger import Log

SOURCE = list(range(1, 7))  # each record adds to the sum of its key
KEYS = (b"odd", b"even")


class Model(Log):
    """A changelog, by whose rule its records count, and whether a writer that landed elsewhere stops."""

    def __init__(self, rule: type[Ledger] = Ledger, *, exits: bool = True) -> None:
        super().__init__()
        self.rule, self.exits = rule, exits


class MaxStamp(Ledger):
    """The rule that was not enough: a record counts unless one of a later stamp counted for its key.

    The stamp is where its writer believed the log to end.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stamps: dict[bytes | None, int] = {}

    def hear(self, offset: int, headers: Iterable[Header], key: bytes | None, value: bytes | None) -> None:
        headers = list(headers)
        base, _ = _read_stamp(offset, headers)
        if base >= self._stamps.get(key, 0):
            self._stamps[key] = base
            super().hear(offset, [stamp(offset, 0)], key, value)
        self.end = offset + 1


def worker(log: Model, appends: int) -> Iterator[None]:
    """One life of a worker: every `yield` is a place where it may sleep. Ends when it learns of another."""
    ledger = log.read(log.rule())
    yield
    meta = ledger.meta or Meta()
    batch = records(Append(ledger.rewrites(), meta, []))  # the claim
    for _ in range(appends + 1):
        base = ledger.end
        yield
        landed = log.append(base, batch)
        yield
        if landed != base and log.exits:
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


def lives(log: Model) -> Iterator[None]:
    """A worker that its supervisor starts again once."""
    yield from worker(log, 2)
    yield from worker(log, 1)


def check(log: Model) -> int:
    ledger = log.read(log.rule())
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
    assert interleave(Model, compacted=compacted) or compacted  # the model does meet what it is about


@pytest.mark.parametrize(
    ("rule", "exits", "compacted"),
    [(MaxStamp, False, False), (MaxStamp, True, True)],
    ids=["the largest stamp wins", "and who was overtaken stops, until the log is compacted"],
)
def test_with_a_lesser_rule_some_interleaving_fails(rule: type[Ledger], exits: bool, compacted: bool) -> None:
    with pytest.raises(AssertionError):
        interleave(lambda: Model(rule, exits=exits), compacted=compacted)


def interleave(make: Callable[[], Model], *, compacted: bool) -> int:
    """Every interleaving, checked after every step; returns in how many somebody wrote in vain."""
    foreign = 0
    for schedule in schedules(8):
        log = make()
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
        assert (log.read(log.rule()).meta or Meta()).next == len(SOURCE)
    return foreign
