"""Sources: one file each; what a system sends, and what its files hold, turned into canonical events."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

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
