"""`journeywatch replay`: readings and alerts of a log, from files or from Kafka, without a live pipe."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from agents import collector, feeding, results, summary
from stream.infra import plugins, settings
from stream.infra.settings import Settings
from stream.ranking import Weights
from stream.readings import Reading
from stream.replay import Replay, latest, ranked


def run(args: argparse.Namespace) -> int:
    started = time.monotonic()
    collector.relax()
    effective = settings.load(args.settings)
    found = plugins.load(effective)
    log = feeding.Log(args, effective, found)
    results.prepare(args.out)
    replay = Replay(effective.definitions, found.kpis, found.signals.values(), list(found.watches.values()))
    log.feed(replay)
    _tell(replay, args.out, effective, started)
    return 0


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
