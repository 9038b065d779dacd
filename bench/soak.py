"""Ten minutes at half of the maximum: `make bench ARGS="soak"`. Does memory stay flat, and is nothing held?

The log's time runs fast, a day in 400 events: so records, which live for 90 d, go as fast as they come once the history
is longer, and the rows of customers stop growing. The maximum is measured on customers with such a history. What goes
on growing are the panes of readings (hours for 36 d, days for 400 d) and alerts that are over (remembered for 7 d of
the clock on the wall): memory may grow by their rows, and by no more.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop
from msgspec import Struct

from bench import live, pipe
from bench.events import Data
from bench.workload import Workload
from stream.definitions import DAY
from tests.support.kafka import Kafka

DAILY = 400  # events in a day of the log
FILL = 5_000  # events/s that are sent, so that they wait
HISTORY, BURST = 100, 10  # days of the log before anything is measured, and those that wait to find the maximum
STAYS = 2  # tickets of a customer that are left open
LOOK = 10.0  # seconds between two scrapes
SETTLED = 3  # the minute from which memory must be flat
GROWTH = 0.05  # of the memory of that minute
ROW = 2048  # bytes that a new row may cost
HELD = 0.05  # seconds for which the loop may be held


class Days(Workload):
    """Each event happens so much later than the one before it.

    No ticket stays open for ever, as some of `Workload` do: so would its alerts, and then nothing is forgotten.
    """

    def __init__(self, customers: int) -> None:
        super().__init__(customers)
        self._at = int(time.time() * 1000) - 1_000 * DAY

    def clock(self) -> int:
        self._at += DAY // DAILY
        return self._at

    def _what(self, customer: int, at: int, chance: float) -> tuple[str, Data]:
        tickets = self._open.get(customer, [])
        if len(tickets) > STAYS:
            return "ticket.resolved", {"ticket": tickets.pop(0)}
        return super()._what(customer, at, chance)


class Minute(Struct, frozen=True):
    """`memory` in bytes at its end; the rest is the worst of its looks."""

    memory: int
    rows: int
    waiting: int
    held: float
    took: float


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--customers", type=int, default=500)
    parser.add_argument("--rate", type=float, default=0, help="events/s; 0 = half of the maximum")
    return parser.parse_args(words)


async def maximum(bootstrap: str, workload: Workload, worker: live.Worker) -> float:
    """Events/s at which it works off, to the last alert, what waits of customers with a history."""
    await worker.answering()
    sent = 0
    while sent < HISTORY * DAILY:  # it sends fewer in that time on a busy machine
        sent += await live.send(bootstrap, FILL, 1, workload)
    await worker.through(sent)
    live.say("history", f"{sent:,} events, {sent / DAILY:.0f} days of the log; {live.machine()}")
    began = time.perf_counter()
    more = await live.send(bootstrap, FILL, BURST * DAILY / FILL, workload)
    await worker.through(sent + more)
    return more / (time.perf_counter() - began)


async def soak(bootstrap: str, rate: float, minutes: int, workload: Workload, worker: live.Worker) -> list[Minute]:
    sending = asyncio.create_task(live.send(bootstrap, rate, minutes * 60, workload))
    found: list[Minute] = []
    for number in range(1, minutes + 1):
        found.append(await minute(worker))
        live.say(f"minute {number}", f"{line(found[-1])}; {live.machine()}")
    sent = await sending
    live.say("sent", f"{sent:,} events, {sent / minutes / 60:,.0f} a second")
    return found


async def minute(worker: live.Worker) -> Minute:
    ends, looks = time.monotonic() + 60, []
    while (left := ends - time.monotonic()) > 0:
        await asyncio.sleep(min(LOOK, left))
        looks.append(await worker.seen())
    worst = {name: max(getattr(look, name) for look in looks) for name in ("waiting", "held", "took")}
    return Minute(pipe.memory(worker.process, "VmRSS"), looks[-1].rows, **worst)


def line(m: Minute) -> str:
    return (f"{m.memory / 2**20:,.0f} MiB resident, {m.rows:,} rows; at the worst {m.waiting:,} records waited, "
            f"the loop was held {m.held * 1000:.0f} ms, a scrape took {m.took * 1000:.0f} ms")  # fmt: skip


def missed(minutes: Sequence[Minute], rate: float) -> Iterator[str]:
    """The goals that were not reached."""
    settled, last = minutes[min(SETTLED, len(minutes)) - 1], minutes[-1]
    rows = max(last.rows - settled.rows, 0)
    if last.memory > settled.memory * (1 + GROWTH) + rows * ROW:
        yield f"memory grew from {settled.memory / 2**20:,.0f} to {last.memory / 2**20:,.0f} MiB by {rows:,} rows"
    if last.waiting > 5 * rate:
        yield f"{last.waiting:,} records waited in the last minute: more than 5 s of input"
    if (held := max(m.held for m in minutes)) > HELD:
        yield f"the loop was held for {held * 1000:.0f} ms, more than {HELD * 1000:.0f}"


async def run(args: argparse.Namespace, directory: Path) -> list[str]:
    workload = Days(args.customers)
    with Kafka(directory / "kafka") as kafka:
        await pipe.prepare(kafka.bootstrap, "record")
        file = pipe.settings(kafka.bootstrap, directory, more='[log]\ntime = "record"\n')
        with live.worker(file, directory / "worker.log") as worker:
            most = await maximum(kafka.bootstrap, workload, worker)
            rate = args.rate or most / 2
            live.say("rate", f"{rate:,.0f} events/s of {args.customers:,} customers; the maximum was {most:,.0f}; "
                f"{live.machine()}")  # fmt: skip
            found = await soak(kafka.bootstrap, rate, args.minutes, workload, worker)
    return list(missed(found, rate))


def main(words: Sequence[str] | None = None) -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a new topic has no leader for a moment
    with tempfile.TemporaryDirectory(prefix="journeywatch-bench-") as made:
        wrong = uvloop.run(run(arguments(words), Path(made)))
    for what in wrong:
        live.say("missed", what)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
