"""`journeywatch replay`: readings and alerts of a log, from files or from Kafka, without a live pipe."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from heapq import merge
from pathlib import Path

from agents import collector, results, summary, topics
from agents.commands.common import reached
from agents.commands.send import read
from agents.engine.exits import Code
from agents.logtopics import LogTopics
from agents.setup import connection
from stream.faults import unknown
from stream.infra import plugins, settings
from stream.infra.plugins import Plugins
from stream.infra.settings import Settings
from stream.ranking import Weights
from stream.readings import Reading
from stream.record import Stop
from stream.replay import CHUNK, Replay, latest, ranked
from stream.sources import SourceFault

_TOPIC = "topic:"
_RAW = topics.raw("")
_LINE = 5.0  # seconds between two lines of progress where there is no terminal


def run(args: argparse.Namespace) -> int:
    started = time.monotonic()
    collector.relax()
    effective = settings.load(args.settings)
    found = plugins.load(effective)
    names = _topics(args, found)
    results.prepare(args.out)
    replay = Replay(effective.definitions, found.kpis, found.signals.values(), list(found.watches.values()))
    progress = Progress()
    if names:
        asyncio.run(_hear(replay, names, effective, found, args.at, progress))
    else:
        _read(replay, args, found, progress)
    progress.say(f"{replay.records:,} records read; what is due by the end", last=True)
    replay.finish(args.at)
    _tell(replay, args.out, effective, started)
    return 0


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


def _read(replay: Replay, args: argparse.Namespace, found: Plugins, progress: Progress) -> None:
    """Files are one log, merged by append time; where times are equal the file named first comes first."""
    logs = [read(argparse.Namespace(**vars(args) | {"file": Path(file)}), found) for file in args.inputs]
    records = merge(*logs, key=lambda record: record[0]) if len(logs) > 1 else logs[0]
    for count in replay.raw(found.sources[args.source], records, until=args.at):
        progress.say(f"{count:,} records read, {progress.rate(count)}")


async def _hear(
    replay: Replay, names: list[str], effective: Settings, found: Plugins, at: int | None, progress: Progress
) -> None:
    raw = {name: found.sources[name.removeprefix(_RAW)] for name in names if name != topics.EVENTS}
    async with reached(effective.kafka), LogTopics(connection(effective.kafka), names) as log:
        _fits(log, effective)
        whole = sum(end - log.first[place] for place, end in log.end.items())
        async for record in log.records(at):
            if record.topic in raw:
                replay.take(raw[record.topic], record, record.topic, record.partition)
            else:
                replay.hear(record.partition, record)
            if replay.records % CHUNK == 0:
                count = replay.records
                progress.say(f"{count:,} of {whole:,} records read, {progress.rate(count)}")


def _fits(log: LogTopics, effective: Settings) -> None:
    """Whether the log has the partitions that settings say, and its beginning."""
    there, wanted = log.partitions(topics.EVENTS), effective.definitions.partitions
    if there and there != wanted:
        mend = f"set [log] partitions = {there}"
        raise Stop(Code.PARTITIONS, f"{topics.EVENTS} has {there} partitions, the settings say {wanted}: {mend}")
    if cut := [place for place, offset in log.first.items() if offset]:
        words = f"{len(cut)} partitions of {cut[0].topic} no longer hold their beginning; this is a replay of the rest"
        print(f"journeywatch: {words}", file=sys.stderr)


def _tell(replay: Replay, out: Path, effective: Settings, started: float) -> None:
    """Write the files, then say on the terminal what is in them."""
    changes = replay.changes()
    letters = summary.letters(replay.dead_letters)
    shown: list[Reading] = []
    results.write(out, summary.noted(replay.readings(), shown), changes, letters)
    summary.print_readings(shown, effective.definitions)
    summary.print_queue(ranked(latest(changes), Weights()), replay.end)
    summary.print_counts(replay, changes, letters, time.monotonic() - started)
    print(f"{', '.join(results.FILES)} are in {out}")


class Progress:
    """How far it is, on standard error: on a terminal in one line, else in a line every few seconds."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()
        self._line = sys.stderr.isatty()
        self._spoke = False

    def rate(self, count: int) -> str:
        return f"{count / max(time.monotonic() - self._started, 1e-9):,.0f}/s"

    def say(self, words: str, *, last: bool = False) -> None:
        """Say it if it is time; `last`: ends the line, and is left out where nothing was said before."""
        now = time.monotonic()
        if self._spoke if last else now - self._said >= (0.2 if self._line else _LINE):
            self._said, self._spoke = now, True
            start, end = ("\r", "\033[K\n" if last else "\033[K") if self._line else ("", "\n")
            print(f"{start}{words}", end=end, file=sys.stderr, flush=True)
