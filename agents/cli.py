"""The command `journeywatch`: its options, and the way from an error to an exit code.

Each command is a module of agents/commands with `run(args) -> int`, imported only when it is called.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

WELL, FAILED, WRONG_USE, UNEXPECTED, INTERRUPTED = 0, 1, 2, 70, 130
ROLES = ("intake", "journeys", "kpis", "delivery")
YEARS = range(1970, 2200)  # of --at: a clock that goes on to the year 9999 would be judged hour by hour
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0 well, 1 a check failed, 2 wrong use or bad settings, or a stop's own code (70-)."""
    _streams()
    args = parser().parse_args(argv)
    try:
        code: int = importlib.import_module(f"agents.commands.{args.command}").run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        _mute()
        return WELL
    except Exception as error:  # noqa: BLE001 - told apart there; a fault of the program is raised again
        return _failed(error)
    return code


def _streams() -> None:
    """Letters that a terminal has not are escaped; a stream that the caller closed takes all in silence."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _mute() -> None:
    """What is still held back for standard output goes nowhere; at the process's end it would fail once more."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    one.add_argument("files", nargs="+", type=path, metavar="FILE", help="settings or a mapping (.toml), or events")
    _settings(one)


def _send(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", type=path, metavar="FILE", help=INPUT)
    _source(one)
    one.add_argument("--rate", type=positive, metavar="N", help="at most N events a second")
    one.add_argument("--end", action="store_true", help="end with a clock.ticked at the largest append time")
    _settings(one)


def _replay(one: argparse.ArgumentParser) -> None:
    _inputs(one)
    one.add_argument("--out", type=path, required=True, metavar="DIR", help="where the results go")
    _source(one)
    one.add_argument("--at", type=instant, metavar="TIME", help="stop at this log time (RFC 3339)")
    _settings(one)


def _backtest(one: argparse.ArgumentParser) -> None:
    _inputs(one)
    one.add_argument("--signal", required=True, metavar="NAME", help="what warns; `journeywatch plugins` has the names")
    one.add_argument("--outcome", required=True, metavar="NAME", help="what it is to warn of")
    one.add_argument("--sweep", metavar="PARAMETER=A..B", help="try values of a parameter of the signal: teams=2..6")
    one.add_argument("--horizon", type=length, metavar="DURATION", help="when it is asked who was warned: 24h")
    one.add_argument("--severity", choices=("info", "queue", "page"), default="info", help="the least that warns")
    one.add_argument("--out", type=path, metavar="DIR", help="backtest.json, and of a sweep backtest.svg, go there")
    _source(one)
    one.add_argument("--from", dest="since", type=instant, default=0, metavar="TIME", help="judge what comes after it")
    one.add_argument("--at", type=instant, metavar="TIME", help="stop at this log time (RFC 3339)")
    _settings(one)


def _tune(one: argparse.ArgumentParser) -> None:
    _inputs(one)
    one.add_argument("--write", type=path, required=True, metavar="FILE", help="the settings to write (TOML)")
    one.add_argument("--least", type=count, default=30, metavar="N", help="cases that a limit needs (default: 30)")
    _source(one)
    one.add_argument("--at", type=instant, metavar="TIME", help="stop at this log time (RFC 3339)")
    _settings(one)


def _verdict(one: argparse.ArgumentParser) -> None:
    one.add_argument("alert", metavar="ALERT", help="its id")
    one.add_argument("verdict", choices=("useful", "noise", "known"), help="known = true, but we knew already")
    one.add_argument("--by", metavar="NAME", help="who says so")
    _settings(one)


def _inputs(one: argparse.ArgumentParser) -> None:
    topic = "or topic:journey.events, topic:raw.<source>"
    one.add_argument("inputs", nargs="+", type=said, metavar="FILE|topic:NAME", help=f"{INPUT}; {topic}")


def _source(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--source", default="cloudevents", metavar="NAME", help="what the file holds (default: %(default)s)"
    )
    one.add_argument("--mapping", type=path, metavar="FILE", help="of a process log: docs/mapping.md")


def _settings(one: argparse.ArgumentParser) -> None:
    one.add_argument("--settings", type=path, metavar="FILE", help="default: $JOURNEYWATCH_SETTINGS")


def _nothing(one: argparse.ArgumentParser) -> None:
    pass


INPUT = "events, one a line, or what --source reads; gzip is read as it is"
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
    with suppress(ValueError):
        if 0 < (number := float(text)) < float("inf"):
            return number
    raise argparse.ArgumentTypeError(f"{text} is no number above 0")


def said(text: str) -> str:
    """A text that is not empty: what is left of an unset variable is no name."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def path(text: str) -> Path:
    """The name of a file or directory."""
    return Path(said(text))


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
    """An RFC 3339 time with an offset, in ms since the epoch; in `YEARS`."""
    try:
        time = datetime.fromisoformat(text.upper())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no time; write it as 2026-11-22T09:30:00Z") from None
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset; write it as 2026-11-22T09:30:00Z")
    if time.year not in YEARS:
        raise argparse.ArgumentTypeError(f"{text} is not within the years {YEARS.start} to {YEARS.stop - 1}")
    from stream.event import millis

    return millis(time)


def _failed(error: Exception) -> int:
    """Says what went wrong in a line or more, and gives the exit code. A fault of the program is raised again."""
    from stream.faults import Faults
    from stream.infra.plugins import PluginFault, every
    from stream.record import Stop
    from stream.sources import SourceFault

    if isinstance(error, Stop):
        if error.code == UNEXPECTED:
            traceback.print_exception(error.__cause__ or error)
        print(f"journeywatch: stopped ({int(error.code)}): {error}", file=sys.stderr)
        return error.code
    if isinstance(error, Faults):
        faults = every(error)
        for fault in faults:
            print(fault, file=sys.stderr)
        print(f"journeywatch: {len(faults)} to mend", file=sys.stderr)
        return WRONG_USE
    if isinstance(error, (PluginFault, SourceFault)):
        print(f"journeywatch: {error}", file=sys.stderr)
        return WRONG_USE
    if isinstance(error, OSError) and error.errno in _FULL:
        _mute()
        print(f"journeywatch: the output can not be written: {error.strerror}; make room for it", file=sys.stderr)
        return WRONG_USE
    raise error


if __name__ == "__main__":
    sys.exit(main())
