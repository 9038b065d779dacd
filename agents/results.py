"""What a replay leaves behind: the four files of its directory, each put in place whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from stream.claims import Alert
from stream.readings import Reading
from stream.record import DeadLetter
from stream.replay import latest
from stream.sources import SourceFault

FILES = ("readings.json", "alerts.json", "alerts.ndjson", "deadletters.ndjson")

_encode = msgspec.json.Encoder().encode


class Row(Struct, frozen=True):
    """One (id, episode) in alerts.json. Times of the log, ms."""

    id: str
    signal: str
    version: int
    subject: str
    cause: str
    episode: int
    severity: str
    max_severity: str
    status: str
    opened: int
    changed: int
    resolved: int | None
    text: str
    numbers: dict[str, int]
    evidence: list[dict[str, str | int]]
    clears: str


def prepare(directory: Path) -> None:
    """Make the directory, before anything is computed. Raises SourceFault."""
    with _faults(directory):
        directory.mkdir(parents=True, exist_ok=True)
        (probe := _beside(directory / FILES[0])).touch()
        probe.unlink()


def write(
    directory: Path, readings: Iterable[Reading], changes: Iterable[Alert], letters: Iterable[DeadLetter]
) -> None:
    """Write all four files, then put them in place of those that are there. `changes` in order of log time."""
    changes = list(changes)
    contents = (
        _array(map(_encode, readings)),
        _array(_encode(_row(alert)) for alert in latest(changes)),
        (_encode(alert) + b"\n" for alert in changes),
        (_encode(letter) + b"\n" for letter in letters),
    )
    paths = [directory / name for name in FILES]
    with _faults(directory):
        try:
            for path, lines in zip(paths, contents, strict=True):
                with _beside(path).open("wb") as file:
                    file.writelines(lines)
            for path in paths:
                _beside(path).replace(path)
        finally:
            for path in paths:
                _beside(path).unlink(missing_ok=True)


def _row(alert: Alert) -> Row:
    return Row(*(getattr(alert, name) for name in Row.__struct_fields__))


def _array(items: Iterable[bytes]) -> Iterator[bytes]:
    """A JSON array with one item a line."""
    before = b"[\n"
    for item in items:
        yield before + item
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


@contextmanager
def _faults(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceFault(f"--out {directory}: {error.strerror or error}; name a directory to write to") from None
