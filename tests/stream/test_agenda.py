"""What is due comes up in order, once, and never too early."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.agenda import Agenda
from stream.packed import NEVER

KEYS, TIMES = st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 20)


def row(due: int) -> bytes:
    return due.to_bytes(8, "big") + b"the rest of a journey"


@given(st.dictionaries(KEYS, TIMES | st.just(NEVER)), st.lists(st.tuples(KEYS, TIMES)), st.integers(0, 21))
def test_the_earliest_entry_of_each_customer_comes_up_in_order_once(
    rows: dict[bytes, int], puts: list[tuple[bytes, int]], to: int
) -> None:
    agenda = Agenda({key: row(due) for key, due in rows.items()})
    earliest = dict(rows)
    for key, due in puts:
        agenda.put(key, due)
        earliest[key] = min(due, earliest.get(key, NEVER))
    assert agenda.queued == earliest
    due_by_then = sorted((due, key) for key, due in earliest.items() if due <= to)
    assert agenda.first <= min(earliest.values(), default=NEVER)
    assert [agenda.pop(to) for _ in due_by_then] == due_by_then
    assert agenda.pop(to) is None
    assert agenda.queued == {key: NEVER if due <= to else due for key, due in earliest.items()}


def test_a_customer_whom_nothing_awaits_is_known_and_never_comes_up() -> None:
    agenda = Agenda({b"a": row(NEVER)})
    agenda.put(b"b", NEVER)
    assert (agenda.pop(NEVER - 1), set(agenda.queued)) == (None, {b"a", b"b"})
