"""The append in the making."""

from __future__ import annotations

from stream.draft import Draft
from stream.record import Meta, Out


def test_puts_reach_the_store_and_the_last_one_of_a_key_stands() -> None:
    rows = {b"a": b"0", b"b": b"0"}
    draft, meta = Draft(rows, keep=False), Meta(next=7, seen={0: 3})
    draft.write([(b"a", b"1"), (b"b", None), (b"a", b"2"), (b"c", None)])
    draft.out.append(Out("t", 0, None, b"x"))
    append = draft.append(meta)
    assert rows == {b"a": b"2"}
    assert append.puts == [(b"a", b"2"), (b"b", None), (b"c", None)]
    assert (append.meta.seq, append.meta.next, len(append.out)) == (1, 7, 1)
    meta.seen[0] = 4
    assert append.meta.seen == {0: 3}
    assert (draft.append(meta).puts, draft.size, draft.out) == ([], 0, [])


def test_without_a_table_nothing_is_put() -> None:
    rows: dict[bytes, bytes] = {}
    draft = Draft(rows, keep=True)
    draft.write([(b"a", b"1")])
    assert (draft.append(Meta()).puts, rows, draft.size) == ([], {}, 0)
