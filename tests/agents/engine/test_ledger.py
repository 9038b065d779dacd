"""What counts in a changelog, and what the next owner has to mend."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.engine.exits import Code
from agents.engine.ledger import META, OUT, Ledger, Put, records, stamp
from stream.record import Append, Meta, Out, Stop

Row = tuple[int, Put, tuple[str, bytes]]


class Log:
    """A changelog partition: what lands, lands as a whole at the end."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.end = 0

    def append(self, base: int, puts: list[Put]) -> int:
        landed = self.end
        self.rows += [(landed + i, put, stamp(base, i)) for i, put in enumerate(puts)]
        self.end += len(puts)
        return landed

    def compact(self) -> None:
        """Keeps the last record of every key, as the broker does."""
        last = {put[0]: offset for offset, put, _ in self.rows}
        self.rows = [row for row in self.rows if last[row[1][0]] == row[0]]

    def read(self, ledger: Ledger | None = None) -> Ledger:
        ledger = ledger or Ledger()
        for offset, (key, value), header in self.rows:
            if offset >= ledger.end:
                ledger.hear(offset, [header], key, value)
        ledger.end = self.end
        return ledger


def append(seq: int, *puts: Put, out: tuple[Out, ...] = ()) -> list[Put]:
    return records(Append(list(puts), Meta(next=seq, seq=seq), list(out)))


def test_an_append_at_its_base_counts() -> None:
    log, said = Log(), Out("alerts", 3, b"k", b"v", 17)
    log.append(0, append(1, (b"a", b"1"), (b"b", b"1"), out=(said,)))
    log.append(4, append(2, (b"a", b"2"), (b"b", None)))
    ledger = log.read()
    assert (ledger.rows, ledger.meta, ledger.out) == ({b"a": b"2"}, Meta(next=2, seq=2), [])
    assert (ledger.end, ledger.voids, ledger.rewrites()) == (8, 0, [])


def test_what_was_said_last_can_be_said_again_with_its_own_timestamp() -> None:
    log, said = Log(), Out("alerts", 3, None, b"v", None)
    log.append(0, append(1, out=(said, Out("kpis", 0, b"k", b"w", 5))))
    assert log.read().out == [said, Out("kpis", 0, b"k", b"w", 5)]


def test_an_append_beside_its_base_is_void_as_a_whole_and_its_keys_are_written_again() -> None:
    log = Log()
    log.append(0, append(1, (b"a", b"1")))
    log.append(3, append(2, (b"a", b"2")))
    log.append(3, append(2, (b"a", b"zombie"), (b"only", b"zombie")))  # its writer had read to 3
    ledger = log.read()
    assert (ledger.rows, ledger.meta) == ({b"a": b"2"}, Meta(next=2, seq=2))
    assert (ledger.voids, ledger.foreign) == (4, 1)
    assert ledger.rewrites() == [(b"a", b"2"), (b"only", None)]


def test_a_key_that_a_valid_record_hit_later_needs_no_mending() -> None:
    log = Log()
    log.append(0, append(1, (b"a", b"1")))
    log.append(0, append(1, (b"a", b"zombie")))
    log.append(6, append(2, (b"a", b"2")))
    assert log.read().rewrites() == []


def test_after_the_owner_has_claimed_the_log_compaction_does_no_harm() -> None:
    log = Log()
    log.append(0, append(1, (b"a", b"1"), (b"b", b"1")))
    log.append(0, append(9, (b"a", b"zombie"), (b"only", b"zombie")))
    owner = log.read()
    claim = append(1, *owner.rewrites())
    assert log.append(owner.end, claim) == owner.end
    log.compact()
    assert log.read().rows == owner.rows == {b"a": b"1", b"b": b"1"}
    assert log.read().meta == Meta(next=1, seq=1)
    assert log.read().rewrites() == []


def test_state_that_was_compacted_away_before_anybody_mended_it_is_not_taken_for_a_beginning() -> None:
    assert Ledger().settled() is None
    log = Log()
    log.append(0, append(1, (b"a", b"1")))
    assert log.read().settled() == Meta(next=1, seq=1)
    log.append(0, append(9, (b"a", b"zombie")))
    log.compact()
    with pytest.raises(Stop) as stopped:
        log.read().settled()
    assert stopped.value.code == Code.CORRUPT


def test_a_reader_that_stops_and_goes_on_knows_the_same() -> None:
    log, ledger = Log(), Ledger()
    for seq in range(1, 6):
        log.append(log.end - (seq == 3), append(seq, (b"%d" % (seq % 2), b"%d" % seq)))
        log.read(ledger)
    whole = log.read()
    assert (ledger.rows, ledger.meta, ledger.voids) == (whole.rows, whole.meta, whole.voids)
    assert ledger.rewrites() == whole.rewrites()


@pytest.mark.parametrize(
    ("headers", "key", "value"),
    [
        ([], b"k", b"v"),
        ([("at", b"short")], b"k", b"v"),
        ([("other", stamp(0, 0)[1])], b"k", b"v"),
        ([stamp(0, 0)], None, b"v"),
        ([stamp(0, 0)], META, b"\xc1"),
        ([stamp(0, 0)], META, None),
        ([stamp(0, 0)], OUT, b"junk"),
    ],
)
def test_a_record_of_somebody_else_stops_the_worker(
    headers: list[tuple[str, bytes]], key: bytes | None, value: bytes | None
) -> None:
    with pytest.raises(Stop) as stopped:
        Ledger().hear(0, headers, key, value)
    assert stopped.value.code == Code.CORRUPT
    assert "offset 0" in str(stopped.value)


def test_no_customer_can_be_called_like_the_partitions_own_rows() -> None:
    for key in (META, OUT):
        with pytest.raises(UnicodeDecodeError):
            key.decode()


@given(st.lists(st.tuples(st.binary(max_size=3), st.one_of(st.none(), st.binary(max_size=3)), st.booleans())))
def test_compaction_before_and_after_changes_nothing_without_a_foreign_writer(
    writes: list[tuple[bytes, bytes | None, bool]],
) -> None:
    log, rows = Log(), {}
    for seq, (key, value, compacted) in enumerate(writes, 1):
        if key in (META, OUT):
            continue
        log.append(log.end, append(seq, (key, value)))
        rows[key] = value
        if compacted:
            log.compact()
    assert log.read().rows == {key: value for key, value in rows.items() if value is not None}


def test_meta_keeps_what_kpis_has_seen() -> None:
    meta = Meta(next=7, seq=3, clock=9, run=2, revision="r", partitions=4, seen={0: 5, 3: 1})
    log = Log()
    log.append(0, records(Append([], meta, [])))
    assert log.read().meta == meta
    assert msgspec.msgpack.encode(meta) != msgspec.msgpack.encode(Meta())
