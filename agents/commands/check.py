"""`journeywatch check`: every fault of settings, mappings and event files, with file, line and field."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from stream import mapping
from stream.admission import fits
from stream.definitions import Definitions
from stream.event import decode
from stream.faults import Fault, Faults, parse
from stream.infra import plugins, settings
from stream.record import Reject
from stream.sources import SourceFault, opened


def run(args: argparse.Namespace) -> int:
    definitions = settings.load(args.settings).definitions
    count = 0
    for path in args.files:
        for fault in faults(path, definitions):
            count += 1
            print(fault)
    print(f"{count or 'no'} fault{'' if count == 1 else 's'} in {len(args.files)} file(s)", file=sys.stderr)
    return 1 if count else 0


def faults(path: Path, definitions: Definitions) -> Iterator[Fault]:
    """What is wrong with a file: .toml is settings or a mapping, anything else is events.

    Events are judged by `definitions`: survey scales, currencies.
    """
    try:
        if path.suffix == ".toml":
            _check_toml(path)
        elif ".xes" in path.suffixes:
            yield Fault(str(path), 0, "", "", "a process log is no file of events; `journeywatch replay` reads it")
        else:
            yield from _events(path, definitions)
    except Faults as error:
        yield from plugins.every(error)
    except (SourceFault, plugins.PluginFault) as error:
        yield Fault(str(path), 0, "", "", str(error).removeprefix(f"{path}: "))


def _check_toml(path: Path) -> None:
    with opened(path) as file:
        text = file.read().decode("utf-8", "replace")
    if "case" in parse(text, str(path)).values:
        mapping.parse(text, str(path))
    else:
        plugins.load(settings.load(path, {}))


class _Line(Struct):
    at: Annotated[datetime, Meta(tz=True)]
    event: msgspec.Raw


def _events(path: Path, definitions: Definitions) -> Iterator[Fault]:
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            value = line.strip(b"\xef\xbb\xbf \t\r\n" if number == 1 else None)
            said = _judged(value, definitions) if value else None
            if said:
                yield Fault(str(path), number, "", "", said)


def _judged(value: bytes, definitions: Definitions) -> str | None:
    """What is wrong with a line, or None."""
    try:
        value = bytes(msgspec.json.decode(value, type=_Line).event)
    except (ValueError, RecursionError) as error:
        if "at" in _names(value):
            return f"malformed: {error}"
    said = decode(value)
    if not isinstance(said, Reject):
        said = fits(said, definitions)
    return f"{said.reason}: {said.detail}" if said else None


def _names(value: bytes) -> frozenset[str]:
    """The names of an object's fields; none for what is no object."""
    try:
        return frozenset(msgspec.json.decode(value, type=dict[str, msgspec.Raw]))
    except (ValueError, RecursionError):
        return frozenset()
