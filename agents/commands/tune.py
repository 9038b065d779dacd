"""`journeywatch tune`: team-relative limits from history, as a piece of settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from agents import collector, feeding
from agents.commands.settings import key
from agents.summary import plain, table
from stream.faults import as_duration
from stream.infra import plugins, settings
from stream.limits import Limit, limits
from stream.notices import span
from stream.past import journeys, memory
from stream.sources import SourceFault

_WHAT = {"stalled_handoff": "hand-overs", "onboarding_stalled": "customers"}


def run(args: argparse.Namespace) -> int:
    """0: written; 1: too few cases for any limit, nothing is written."""
    collector.relax()
    effective = settings.load(args.settings)
    found = plugins.load(effective)
    log = feeding.Log(args, effective, found)
    _open(args.write)
    past = memory(effective.definitions)
    log.feed(past)
    made = limits(journeys(past), found.signals, args.least)
    _tell(made, args.least)
    good = [one for one in made if one.value is not None]
    if not good:
        print(f"journeywatch: no limit has {args.least} cases; nothing is written", file=sys.stderr)
        return 1
    as_of = datetime.fromtimestamp(past.end / 1000, UTC)
    _write(args.write, "".join(f"{line}\n" for line in lines(good, f"{past.records:,} records to {as_of:%Y-%m-%d}")))
    print(f"\n{len(good):,} limits are in {args.write}; put them into your settings, and take run + 1")
    return 0


def lines(made: Sequence[Limit], of: str) -> Iterator[str]:
    """The limits as TOML, each with what it comes from."""
    yield f"# Written by `journeywatch tune` from {of}: part of a settings file. Limits are in business time."
    for (signal, field), group in groupby(made, key=lambda one: (one.signal, one.field)):
        yield f"\n[signals.{signal}.{field}]"
        for one in group:
            assert one.value is not None
            said = f"p{100 * float(one.q):.0f} of {one.n:,} {_WHAT[signal]}: {span(one.value)}"
            yield f'{key(one.key)} = "{as_duration(one.value)}"{" " * 4}# {said}'


def _tell(made: Sequence[Limit], least: int) -> None:
    """What came of each, and which have too few cases."""
    rows = [
        (one.signal, plain(one.key), f"p{100 * float(one.q):.0f}", span(one.value), f"{one.n:,}", f"{one.unfinished:,}")
        for one in made
        if one.value is not None
    ]
    if not rows:
        return
    head = ("signal", "for", "", "limit", "cases", "not over")
    print("\n".join(table([head, *rows], right=(3, 4, 5))))
    if few := sum(one.value is None for one in made):
        print(f"left as they are, with fewer than {least} cases: {few:,}")


def _open(path: Path) -> None:
    """Whether the file can be written, before anything is computed. Raises SourceFault."""
    with _beside(path) as beside:
        if path.is_dir():
            raise SourceFault(f"--write {path}: Is a directory; name a file to write")
        beside.touch()


def _write(path: Path, text: str) -> None:
    """Whole or not at all; what is written is read again as settings."""
    with _beside(path) as beside:
        beside.write_text(text, "utf-8")
        plugins.load(settings.load(beside, {}))
        beside.replace(path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    beside = path.parent / f".{path.name}.new"
    try:
        yield beside
    except OSError as error:
        raise SourceFault(f"--write {path}: {error.strerror or error}; name a file to write") from None
    finally:
        with suppress(OSError):
            beside.unlink()
