"""`journeywatch demo`: the whole pipe on this machine, with synthetic journeys and a live view."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable

from aiokafka.errors import KafkaError

from agents.demo.ending import missing, summary
from agents.demo.look import Look, metrics
from agents.demo.play import Play
from agents.demo.scene import Lines, Show
from agents.demo.stage import Stage, stage, tidy_end
from agents.embedded.broker import EmbeddedBrokerError
from agents.embedded.child import ChildError
from stream.infra import plugins, settings

LAST_WORDS = 15  # lines of a worker that ended


def run(args: argparse.Namespace) -> int:
    """0 = well; 1 = something died, or nothing came out. Ctrl-C is a good end."""
    kpis = plugins.load(settings.load(args.settings, {})).kpis
    try:
        with tidy_end(), stage(args.settings, _say) as ready:
            return asyncio.run(_perform(ready, kpis, args.seconds))
    except KeyboardInterrupt:
        _say("ended before the demonstration began")
        return 0
    except (ChildError, EmbeddedBrokerError) as error:
        print(f"journeywatch: {error}", file=sys.stderr)
        return 1


async def _perform(ready: Stage, kpis: Iterable[str], seconds: float | None) -> int:
    _say(f"metrics at {metrics(ready.settings)}, the worker's log at {ready.log}")
    async with Look(ready.settings, kpis) as look:
        try:
            with _show(ready) as show:
                play = Play(ready, look, show)
                await play.run(seconds)
        except (ChildError, KafkaError) as error:
            return _died(ready, error)
    _say(summary(play.scene, play.before, ready.redis))
    faults = missing(play.scene)
    for fault in faults:
        print(f"journeywatch: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _show(ready: Stage) -> Show:
    """The live view, where there is a terminal for it."""
    if not sys.stdout.isatty():
        return Lines(_say)
    try:
        from rich.console import Console

        from agents.demo.view import View
    except ImportError:
        return Lines(_say)
    return View(Console(), metrics(ready.settings))


def _died(ready: Stage, error: Exception) -> int:
    """Says what the worker said last, after the view is gone."""
    lines = ready.log.read_text(errors="replace").splitlines()
    print("\n".join(lines[-LAST_WORDS:]), file=sys.stderr)
    print(f"journeywatch: {str(error) or type(error).__name__}", file=sys.stderr)
    return 1


def _say(words: str) -> None:
    print(words, flush=True)
