"""The command `journeywatch`: its options, and the way from an error to an exit code.

Each command is a module of agents/commands with `run(args) -> int`, imported only when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

WELL, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
ROLES = ("intake", "journeys", "kpis", "delivery")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0 well, 1 a check failed, 2 wrong use or bad settings, or a stop's own code (70-)."""
    args = parser().parse_args(argv)
    try:
        code: int = importlib.import_module(f"agents.commands.{args.command}").run(args)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stderr.close()
        return WELL
    except Exception as error:  # noqa: BLE001 - told apart there; a fault of the program is raised again
        return _failed(error)
    return code


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    whole = argparse.ArgumentParser(
        prog="journeywatch",
        description="Customer-journey KPIs and friction alerts, in real time, exact and replayable.",
        epilog="Exit codes: 0 well, 1 a check failed, 2 wrong use or bad settings, 70 and above: docs/operations.md.",
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, options) in COMMANDS.items():
        one = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        options(one)
    return whole


def _demo(one: argparse.ArgumentParser) -> None:
    one.add_argument("--for", dest="seconds", type=positive, metavar="SECONDS", help="end by itself, with a summary")
    _settings(one)


def _worker(one: argparse.ArgumentParser) -> None:
    one.add_argument("--roles", type=roles, default=ROLES, help=f"some of {','.join(ROLES)} (default: all)")
    _settings(one)


def _topics(one: argparse.ArgumentParser) -> None:
    one.add_argument("--create", action="store_true", help="make those that are missing")
    _settings(one)


def _check(one: argparse.ArgumentParser) -> None:
    one.add_argument("files", nargs="+", type=Path, metavar="FILE", help="settings or a mapping (.toml), or events")
    _settings(one)


def _send(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", type=Path, metavar="FILE")
    _source(one)
    one.add_argument("--rate", type=positive, metavar="N", help="at most N events a second")
    one.add_argument("--end", action="store_true", help="end with a clock.ticked at the largest append time")
    _settings(one)


def _replay(one: argparse.ArgumentParser) -> None:
    one.add_argument("inputs", nargs="+", metavar="FILE|topic:NAME")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the results go")
    _source(one)
    one.add_argument("--at", type=instant, metavar="TIME", help="stop at this log time (RFC 3339)")
    _settings(one)


def _backtest(one: argparse.ArgumentParser) -> None:
    one.add_argument("inputs", nargs="+", metavar="FILE|topic:NAME")
    one.add_argument("--signal", required=True, metavar="NAME", help="what warns; `journeywatch plugins` has the names")
    one.add_argument("--outcome", required=True, metavar="NAME", help="what it is to warn of")
    one.add_argument("--sweep", metavar="PARAMETER=A..B", help="try values of a parameter of the signal: teams=2..6")
    one.add_argument("--horizon", type=length, metavar="DURATION", help="when it is asked who was warned: 24h")
    one.add_argument("--severity", choices=("info", "queue", "page"), default="info", help="the least that warns")
    one.add_argument("--out", type=Path, metavar="DIR", help="backtest.json, and of a sweep backtest.svg, go there")
    _source(one)
    one.add_argument("--from", dest="since", type=instant, default=0, metavar="TIME", help="judge what comes after it")
    one.add_argument("--at", type=instant, metavar="TIME", help="stop at this log time (RFC 3339)")
    _settings(one)


def _tune(one: argparse.ArgumentParser) -> None:
    one.add_argument("inputs", nargs="+", metavar="FILE|topic:NAME")
    one.add_argument("--write", type=Path, required=True, metavar="FILE", help="the settings to write (TOML)")
    one.add_argument("--least", type=count, default=30, metavar="N", help="cases that a limit needs (default: 30)")
    _source(one)
    one.add_argument("--at", type=instant, metavar="TIME", help="stop at this log time (RFC 3339)")
    _settings(one)


def _verdict(one: argparse.ArgumentParser) -> None:
    one.add_argument("alert", metavar="ALERT", help="its id")
    one.add_argument("verdict", choices=("useful", "noise", "known"), help="known = true, but we knew already")
    one.add_argument("--by", metavar="NAME", help="who says so")
    _settings(one)


def _source(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--source", default="cloudevents", metavar="NAME", help="what the file holds (default: %(default)s)"
    )
    one.add_argument("--mapping", type=Path, metavar="FILE", help="of a process log: docs/mapping.md")


def _settings(one: argparse.ArgumentParser) -> None:
    one.add_argument("--settings", type=Path, metavar="FILE", help="default: $JOURNEYWATCH_SETTINGS")


def _nothing(one: argparse.ArgumentParser) -> None:
    pass


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "demo": ("an embedded broker, Redis, all roles, 60 days of history, then live traffic", _demo),
    "worker": ("run roles of the pipe", _worker),
    "topics": ("print and check the topics with their settings", _topics),
    "plugins": ("what is there: KPIs, signals, watches, outcomes, sources, sinks", _settings),
    "settings": ("the effective settings, without secrets", _settings),
    "events": ("JSON Schema of events, alerts and dead letters", _nothing),
    "check": ("validate settings, mappings or event files: every fault with file, line, field", _check),
    "send": ("put events on raw.<source>", _send),
    "replay": ("readings and alerts of a log, without a broker", _replay),
    "backtest": ("what a signal's alerts would have been worth on a log", _backtest),
    "tune": ("limits of teams and cohorts, from history", _tune),
    "verify": ("live tables, readings and alerts against a replay of the log: exit 1 if they differ", _settings),
    "verdict": ("say of an alert: useful, noise, or known already", _verdict),
}


def positive(text: str) -> float:
    """A number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def count(text: str) -> int:
    """A whole number above 0."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)


def length(text: str) -> int:
    """A duration with its unit, in ms."""
    from stream.faults import duration

    try:
        return duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def roles(text: str) -> tuple[str, ...]:
    """Names of roles, comma separated; in the order of the flow."""
    named = {word.strip() for word in text.split(",")}
    if strange := sorted(named.difference(ROLES)):
        raise argparse.ArgumentTypeError(f"no role {', '.join(map(repr, strange))}; there is {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in named)


def instant(text: str) -> int:
    """An RFC 3339 time with an offset, in ms since the epoch."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no time; write it as 2026-11-22T09:30:00Z") from None
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset; write it as 2026-11-22T09:30:00Z")
    from stream.event import millis

    return millis(time)


def _failed(error: Exception) -> int:
    """Says what went wrong in a line or more, and gives the exit code. A fault of the program is raised again."""
    from stream.faults import Faults
    from stream.infra.plugins import PluginFault
    from stream.record import Stop
    from stream.sources import SourceFault

    if isinstance(error, Stop):
        print(f"journeywatch: stopped ({int(error.code)}): {error}", file=sys.stderr)
        return error.code
    if isinstance(error, Faults):
        for fault in error.faults:
            print(fault, file=sys.stderr)
        print(f"journeywatch: {len(error.faults)} to mend", file=sys.stderr)
        return WRONG_USE
    if isinstance(error, (PluginFault, SourceFault)):
        print(f"journeywatch: {error}", file=sys.stderr)
        return WRONG_USE
    raise error


if __name__ == "__main__":
    sys.exit(main())
