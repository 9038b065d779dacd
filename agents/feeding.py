"""A log, from files or from Kafka, fed to whatever folds it: what replay, backtest and tune share."""

from __future__ import annotations

import argparse
import asyncio
import stat
import sys
import time
from collections.abc import Callable
from heapq import merge
from pathlib import Path
from typing import Protocol

from agents import topics
from agents.commands.common import reached
from agents.commands.send import read
from agents.engine.exits import Code
from agents.logtopics import LogTopics
from agents.setup import connection
from stream.faults import unknown
from stream.infra.plugins import Plugins
from stream.infra.settings import Settings
from stream.record import Heard, Record, Stop
from stream.sources import Source, SourceFault

_TOPIC = "topic:"
_RAW = topics.raw("")
_EVERY = 0.2  # seconds between two words on progress
_STEP = 5_000  # records between two looks at the clock


class Fold(Protocol):
    """What a log is fed to (see `stream.replay.Replay`)."""

    breathe: Callable[[], None]

    @property
    def records(self) -> int: ...
    @property
    def folded(self) -> int: ...
    def take(self, source: Source, record: Heard, topic: str, partition: int) -> None: ...
    def hear(self, partition: int, record: Heard) -> None: ...
    def finish(self, at: int | None = None) -> None: ...


class Log:
    """The log that `args` name: `inputs` (files, or topic:NAME), `source`, `mapping`, and `at`, its end in log time.

    Raises SourceFault where they do not fit together.
    """

    def __init__(self, args: argparse.Namespace, effective: Settings, found: Plugins) -> None:
        self._args = args
        self._effective = effective
        self._found = found
        self._names = _topics(args, found)
        for file in () if self._names else args.inputs:
            _there(Path(file))

    def feed(self, fold: Fold) -> None:
        """All of it, then what is due by its end. Raises SourceFault, Faults, Stop."""
        progress = fold.breathe = Progress(fold)
        if self._names:
            asyncio.run(self._hear(fold, progress))
        else:
            self._read(fold)
        fold.finish(self._args.at)
        progress(last=True)

    def _read(self, fold: Fold) -> None:
        """Files are one log, merged by append time; where times are equal the file named first comes first."""
        args, found = self._args, self._found
        logs = [read(argparse.Namespace(**vars(args) | {"file": Path(file)}), found) for file in args.inputs]
        source = found.sources[args.source]
        topic = topics.raw(source.name)
        for at, value in merge(*logs, key=lambda record: record[0]) if len(logs) > 1 else logs[0]:
            if args.at is not None and at > args.at:
                break
            fold.take(source, Record(topic, 0, fold.records, at, None, value), topic, 0)
            if fold.records % _STEP == 0:
                fold.breathe()

    async def _hear(self, fold: Fold, progress: Progress) -> None:
        names, kafka = self._names, self._effective.kafka
        raw = {name: self._found.sources[name.removeprefix(_RAW)] for name in names if name != topics.EVENTS}
        async with reached(kafka), LogTopics(connection(kafka), names) as log:
            _fits(log, self._effective)
            progress.whole = sum(end - log.first[place] for place, end in log.end.items())
            async for record in log.records(self._args.at):
                if record.topic in raw:
                    fold.take(raw[record.topic], record, record.topic, record.partition)
                else:
                    fold.hear(record.partition, record)
                if fold.records % _STEP == 0:
                    progress()


def _topics(args: argparse.Namespace, found: Plugins) -> list[str]:
    """The names of topics among the inputs, empty if they are files. Raises SourceFault where they do not fit."""
    names = [one.removeprefix(_TOPIC) for one in args.inputs if one.startswith(_TOPIC)]
    if names and len(names) < len(args.inputs):
        raise SourceFault("files and topics can not be one log; replay the ones or the others")
    if topics.EVENTS in names and len(names) > 1:
        raise SourceFault(f"{topics.EVENTS} holds what came on the raw topics already; replay it alone")
    for name in names:
        if name != topics.EVENTS and not name.startswith(_RAW):
            raise SourceFault(f"topic {name} is no log of events; replay {topics.EVENTS} or {_RAW}<source>")
        if name.startswith(_RAW) and (source := name.removeprefix(_RAW)) not in found.sources:
            raise SourceFault(f"topic {name}: source {source} {unknown(source, found.sources)}")
    return list(dict.fromkeys(names))


def _there(file: Path) -> None:
    """So that a misspelt name is told before anything is made. Opens nothing: it may be a pipe. Raises SourceFault."""
    try:
        if stat.S_ISDIR(file.stat().st_mode):
            raise SourceFault(f"{file}: Is a directory; name a file")
    except (OSError, ValueError) as error:
        raise SourceFault(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _fits(log: LogTopics, effective: Settings) -> None:
    """Whether the log has the partitions that settings say, and its beginning."""
    there, wanted = log.partitions(topics.EVENTS), effective.definitions.partitions
    if there and there != wanted:
        mend = f"set [log] partitions = {there}"
        raise Stop(Code.PARTITIONS, f"{topics.EVENTS} has {there} partitions, the settings say {wanted}: {mend}")
    if cut := [place for place, offset in log.first.items() if offset]:
        words = f"{len(cut)} partitions of {cut[0].topic} no longer hold their beginning; this is a replay of the rest"
        print(f"journeywatch: {words}", file=sys.stderr)


class Progress:
    """How far a fold is, in one line of standard error, where that is a terminal. `whole` = its records, if known."""

    def __init__(self, fold: Fold) -> None:
        self.whole: int | None = None
        self._fold = fold
        self._started = self._said = time.monotonic()
        self._line = sys.stderr.isatty()
        self._spoke = False

    def __call__(self, *, last: bool = False) -> None:
        """Say it if it is time; `last`: ends the line, and is left out where nothing was said before."""
        now = time.monotonic()
        if self._line and (self._spoke if last else now - self._said >= _EVERY):
            self._said, self._spoke = now, True
            print(f"\r{self._words(now)}\033[K", end="\n" if last else "", file=sys.stderr, flush=True)

    def _words(self, now: float) -> str:
        read, folded = self._fold.records, self._fold.folded
        of = "" if self.whole is None else f" of {self.whole:,}"
        return f"{read:,}{of} records read, {folded:,} worked through, {folded / max(now - self._started, 1e-9):,.0f}/s"
