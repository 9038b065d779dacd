"""What a replay says on the terminal: readings, the queue of open alerts, counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from textwrap import wrap

import msgspec

from stream.claims import Alert
from stream.definitions import Definitions
from stream.notices import span
from stream.ranking import Ranked
from stream.readings import Reading
from stream.record import DeadLetter
from stream.replay import Replay

MONTHS = 2  # the latest that are shown
QUEUE = 20  # open alerts that are shown

_letter = msgspec.json.Decoder(DeadLetter).decode


def noted(readings: Iterable[Reading], shown: list[Reading]) -> Iterator[Reading]:
    """Passes readings on and puts those of the whole, without a cut, into `shown`."""
    for reading in readings:
        if not reading.cut:
            shown.append(reading)
        yield reading


def letters(values: Iterable[bytes]) -> list[DeadLetter]:
    """Dead letters by where they stood: those of the raw records first."""
    return sorted(map(_letter, values), key=lambda letter: (letter.topic[:4] != "raw.", letter.at))


def print_readings(readings: Sequence[Reading], definitions: Definitions) -> None:
    """A table of `now`, `all` and the latest months; KPIs without any data in one line below it."""
    named = sorted({r.window for r in readings} - {"all", "now"})[-MONTHS:]
    told = {r.kpi for r in readings if r.value is not None}
    rows = [
        (r.kpi, r.window, value(r, definitions), f"{r.n:,}{' (few)' if r.small_n else ''}", r.status)
        for r in readings
        if r.kpi in told and r.window in ("all", "now", *named)
    ]
    print("\n".join(table([("KPI", "window", "value", "n", "status"), *rows], right=(2, 3))))
    if silent := sorted({r.kpi for r in readings} - told):
        _wrapped(f"without data: {', '.join(silent)}", "")


def value(reading: Reading, definitions: Definitions) -> str:
    """A reading's value with its unit."""
    number, unit = reading.value, reading.unit
    if number is None:
        return "-"
    if unit == "s":
        return span(round(number * 1000)) if number >= 1 else f"{number:.2f} s"
    if unit == "ratio":
        return f"{100 * number:.1f} %"
    if unit == "money":
        currency, about = next(iter(definitions.currencies.items()))
        return f"{number / 10**about.digits:,.2f} {currency}"
    return f"{number:,.0f} {unit}" if number == int(number) and number > 100 else f"{number:,.4g} {unit}"


def print_queue(queue: Sequence[Ranked], end: int) -> None:
    """The open alerts, the most urgent first: what, whose, since when, why here, and what would end it."""
    print(f"\nopen alerts: {len(queue):,}" if queue else "\nno open alerts")
    for ranked in queue[:QUEUE]:
        alert = ranked.alert
        print(f"{ranked.place:>4}  {alert.signal}  {plain(alert.subject)}  {span(max(end - alert.opened, 0))} open")
        _wrapped(plain(alert.text), " " * 6)
        _wrapped(f"why: {', '.join(ranked.why)}; clears: {plain(alert.clears) or '-'}", " " * 6)
    if len(queue) > QUEUE:
        print(f"      and {len(queue) - QUEUE:,} more in alerts.json")


def print_counts(replay: Replay, changes: Sequence[Alert], dead: Sequence[DeadLetter], seconds: float) -> None:
    """What was read and what came of it."""
    tallies = [journeys.tallies for journeys in replay.journeys]
    events = sum(sum(t.heard.values()) for t in tallies)
    repeats = sum(t.repeats for t in tallies)
    reasons = Counter(letter.reason.value for letter in dead)
    opened = Counter(alert.signal for alert in changes if alert.change == "opened")
    print(
        f"\n{replay.records:,} records read: {events:,} events ({repeats:,} repeated), "
        f"{_many(len(dead), 'dead letter')}{_counts(reasons)}"
    )
    print(f"{_many(opened.total(), 'alert')} opened{_counts(opened)}")
    print(
        f"as of {_time(replay.end)}, in {seconds:,.1f} s" if replay.end else f"nothing to tell of, in {seconds:,.1f} s"
    )


def plain(text: str) -> str:
    """Text from the log, without what would command a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _many(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _counts(counted: Counter[str]) -> str:
    return f" ({', '.join(f'{name} {n:,}' for name, n in sorted(counted.items()))})" if counted else ""


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def table(rows: Sequence[Sequence[str]], right: Sequence[int]) -> Iterator[str]:
    """Lines of a table whose columns stand below one another; those of `right` end below one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        yield "  ".join(cells).rstrip()


def _wrapped(text: str, indent: str) -> None:
    width = max(shutil.get_terminal_size((120, 24)).columns, 40)
    print("\n".join(wrap(text, width, initial_indent=indent, subsequent_indent=indent) or [indent.rstrip()]))
