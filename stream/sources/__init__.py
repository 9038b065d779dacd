"""Sources: one file each; what a system sends, and what its files hold, turned into canonical events."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Protocol, cast

import msgspec
from msgspec import Meta, Struct

from stream.event import millis
from stream.mapping import Mapping
from stream.record import Heard, Reject

_GZIP = b"\x1f\x8b"


class Source(Protocol):
    """One kind of system. Pure and total; its topic is `raw.<name>`."""

    name: str

    def parse(self, record: Heard) -> list[Any] | Reject:
        """The canonical events that a raw record stands for, or why it stands for none. Total on any bytes."""

    def read(self, path: Path, mapping: Mapping | None = None) -> Iterator[tuple[int, bytes]]:
        """The records of a file in log order, as (append time in ms, value). Raises SourceFault."""


class SourceFault(ValueError):
    """A file that can not be read to its end: the message names the file, the place and what is wrong there."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it is gzip. A reader's OSError and damaged gzip become SourceFault."""
    try:
        with path.open("rb") as plain:
            packed = plain.peek(2)[:2] == _GZIP
            with gzip.open(plain) if packed else plain as file:
                yield cast("BinaryIO", file)
    except EOFError:
        raise SourceFault(f"{path}: the gzip file is cut off; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceFault(f"{path}: the gzip file is damaged: {error}; fetch it again") from None
    except OSError as error:
        raise SourceFault(f"{path}: {error.strerror or error}") from None


class _Line(Struct):
    """As much of a line as tells its append time."""

    at: Annotated[datetime, Meta(tz=True)] | None = None
    event: msgspec.Raw = msgspec.Raw()
    time: Annotated[datetime, Meta(tz=True)] | None = None


_decoder = msgspec.json.Decoder(_Line)


def ndjson(path: Path) -> Iterator[tuple[int, bytes]]:
    """The events of a file, as (append time ms, event): one a line, alone or as {"at": append time, "event": {...}}.

    Without `at` the append time is the largest event time so far, also for a line that is no event. A bad line is a
    record like any other: whoever decodes it says what is wrong with it. Raises SourceFault.
    """
    with opened(path) as file:
        latest = 0
        for number, line in enumerate(file):
            value = line.strip(b"\xef\xbb\xbf \t\r\n" if not number else None)
            if value:
                at, time, event = _split(value)
                latest = max(latest, time)
                yield latest if at is None else at, event


def _split(value: bytes) -> tuple[int | None, int, bytes]:
    """(append time, event time or 0, the event's bytes) of a line."""
    try:
        line = _decoder.decode(value)
        if line.at is None or not bytes(line.event):
            return None, 0 if line.time is None else millis(line.time), value
        inner = _decoder.decode(line.event)
        return millis(line.at), 0 if inner.time is None else millis(inner.time), bytes(line.event)
    except (ValueError, RecursionError):
        return None, 0, value
