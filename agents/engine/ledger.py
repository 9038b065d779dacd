"""What a table's changelog holds, and which of it counts.

Every record of an append names `base`, the offset at which its writer expected the append to land, and its own index
in it. The broker writes an append in one piece, so **a record counts only where offset = base + index**: an append of
a writer that had not read to the end of the log lands elsewhere and is void as a whole. That makes the log a
compare-and-swap: of two owners one wins, and the other learns it from its acknowledgement.

Compaction knows nothing of this and keeps the last record of a key, void or not. So the keys that a void record hit
last are written again by the next owner (`rewrites`), long before min.compaction.lag.ms has passed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from agents.engine.exits import Code
from stream.record import Append, Meta, Out, Stop

Header = tuple[str, bytes]
Put = tuple[bytes, bytes | None]

# 0xFF is in no UTF-8 text: no customer can be called so.
META = b"\xff__meta__"
OUT = b"\xff__out__"

_STAMP = struct.Struct(">QI")
_OutRow = tuple[str, int, bytes | None, bytes, int | None]
_meta = msgspec.msgpack.Decoder(Meta)
_out = msgspec.msgpack.Decoder(list[_OutRow])
_encoder = msgspec.msgpack.Encoder()


def stamp(base: int, index: int) -> Header:
    """The header that names a record's append and its place in it."""
    return ("at", _STAMP.pack(base, index))


def records(append: Append) -> list[Put]:
    """The records of an append in order: its puts, then what it says aloud, then the partition's own state."""
    out: list[_OutRow] = [(o.topic, o.partition, o.key, o.value, o.timestamp) for o in append.out]
    return [*append.puts, (OUT, _encoder.encode(out)), (META, _encoder.encode(append.meta))]


class Ledger:
    """One partition of a table as read from its changelog: `end` is the next offset to read, or to write at."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.end = 0
        self.voids = 0  # void records heard so far
        self.foreign = 0  # void appends, as far as their first record is still there
        self._meta: bytes | None = None
        self._out: bytes | None = None
        self._void: dict[bytes, None] = {}  # keys whose last record is void, in order

    @property
    def meta(self) -> Meta | None:
        """The partition's own state as of the last append; None if there was none."""
        return None if self._meta is None else _meta.decode(self._meta)

    def settled(self) -> Meta | None:
        """`meta`, for who takes over. Raises Stop (77) if the log had one and lost it.

        The first append of a log is valid and every append has a meta. If none is left, a void one outlived it:
        nobody mended that before it was compacted, so rows may be lost with it.
        """
        if self._meta is None and self.end:
            raise Stop(
                Code.CORRUPT,
                "the changelog has records and no state: what a foreign writer hit was compacted before anybody mended "
                "it (is min.compaction.lag.ms a day?); take `run + 1`, which builds the state anew from the log",
            )
        return self.meta

    @property
    def out(self) -> list[Out]:
        """What the last append said aloud, as far as it is not known to be published."""
        return [] if self._out is None else [Out(*row) for row in _out.decode(self._out)]

    def hear(self, offset: int, headers: Iterable[Header], key: bytes | None, value: bytes | None) -> None:
        """Takes in one record; offsets only grow, and may leave some out (compaction).

        Raises Stop (77) on a record that is no part of an append.
        """
        base, index = _read_stamp(offset, headers)
        if key is None:
            raise _corrupt(offset, "it has no key")
        self.end = offset + 1
        if base + index != offset:
            self.voids += 1
            self.foreign += index == 0
            self._void[key] = None
            return
        self._void.pop(key, None)
        if key == META:
            self._meta = _checked(_meta, offset, value)
        elif key == OUT:
            self._out = _checked(_out, offset, value)
        elif value is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = value

    def wrote(self, puts: Sequence[Put]) -> None:
        """Our own append of `puts` (as `records` gives them) was acknowledged at `end`. The rows are the fold's."""
        self.end += len(puts)
        self._out, self._meta = puts[-2][1], puts[-1][1]
        self._void.clear()  # the first append of an owner holds the rewrites

    def published(self) -> None:
        """What the last append says is said: no need to say it again."""
        self._out = None

    def rewrites(self) -> list[Put]:
        """What restores the keys that void records hit last; a key known only from them gets a tombstone."""
        return [(key, self.rows.get(key)) for key in self._void if key not in (META, OUT)]


def _checked(decoder: msgspec.msgpack.Decoder[Any], offset: int, value: bytes | None) -> bytes:
    try:
        decoder.decode(value or b"")
    except msgspec.MsgspecError as error:
        raise _corrupt(offset, str(error)) from error
    return value or b""


def _read_stamp(offset: int, headers: Iterable[Header]) -> tuple[int, int]:
    for name, value in headers:
        if name == "at" and len(value) == _STAMP.size:
            base, index = _STAMP.unpack(value)
            return base, index
    raise _corrupt(offset, "it does not name its append")


def _corrupt(offset: int, why: str) -> Stop:
    return Stop(
        Code.CORRUPT,
        f"the changelog record at offset {offset} is none of ours ({why}): something else writes to this topic; "
        "stop it, and take `run + 1`, which builds the state anew from the log",
    )
