"""`make bench`: the hops on a real Kafka beside the floor of the same run. ARGS="--events 200000" for a quick look.

ARGS="r1": one job, by several engines; "cost": what each plug-in costs; "latency", "soak", "recovery", "panes".
"""

from __future__ import annotations

import argparse
import os
import runpy
import signal
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench import live, pipe
from bench.workload import Workload
from stream.record import ALERTS, EVENTS, KPIS
from tests.support.kafka import Kafka


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=50_000)
    return parser.parse_args()


async def run(args: argparse.Namespace, directory: Path) -> None:
    with Kafka(directory / "kafka") as kafka:
        await pipe.prepare(kafka.bootstrap)
        began = time.perf_counter()
        size = pipe.fill(kafka.bootstrap, Workload(args.customers).events(args.events, int(time.time() * 1000)))
        live.say("input", f"{args.events:,} events of {args.customers:,} customers, {size / args.events:.0f} B each, "
            f"written in {time.perf_counter() - began:.0f} s; {os.cpu_count()} cores")  # fmt: skip
        file = pipe.settings(kafka.bootstrap, directory)
        await catch_up(kafka.bootstrap, file, directory, args)


async def catch_up(bootstrap: str, file: Path, directory: Path, args: argparse.Namespace) -> None:
    await journeys(bootstrap, file, directory, args)
    for role, topic, partitions in (("kpis", KPIS, 4), ("delivery", ALERTS, 1)):
        count = await end(bootstrap, topic, partitions)
        with pipe.worker(file, [role], directory / f"{role}.log") as process:
            done = await pipe.drain(bootstrap, role, topic, count, process)
            peak = pipe.memory(process)
        live.say(role, f"{done.rate:,.0f} records/s of {count:,}; peak {peak / 2**20:.0f} MiB")
    await pipe.prepare(bootstrap, run=2)
    file = pipe.settings(bootstrap, directory, more="[log]\nrun = 2\n")
    await journeys(bootstrap, file, directory, args, lot="thin", run=2)


async def journeys(
    bootstrap: str, file: Path, directory: Path, args: argparse.Namespace, lot: str = "all", run: int = 1
) -> None:
    """Between two measures of the floor, whose mean counts: the machine's own speed changes from minute to minute."""
    before = await pipe.floor(bootstrap, args.events)
    with pipe.worker(file, ["journeys"], directory / f"journeys-{lot}.log", lot=lot) as process:
        done = await pipe.drain(bootstrap, "journeys", EVENTS, args.events, process, run)
        peak = pipe.memory(process)
    after = await pipe.floor(bootstrap, args.events)
    floor = (before + after) / 2
    live.say("floor", f"{before:,.0f} and, after it, {after:,.0f} events/s (getmany + decode)")
    live.say(f"journeys, {lot}", f"{done.rate:,.0f} events/s = {done.rate / floor:.3f} of the floor; "
        f"{done.each:.0f} us of CPU an event; peak {peak / 2**20:.0f} MiB, "
        f"{peak / args.customers / 1024:.1f} KiB a customer with everything")  # fmt: skip


async def end(bootstrap: str, topic: str, partitions: int) -> int:
    """Records in a topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        return sum((await consumer.end_offsets([TopicPartition(topic, p) for p in range(partitions)])).values())
    finally:
        await consumer.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started ends, too
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        name = sys.argv.pop(1)
        runpy.run_module(f"bench.{name}", run_name="__main__", alter_sys=True)
        sys.exit()
    with tempfile.TemporaryDirectory(prefix="journeywatch-bench-") as made:
        uvloop.run(run(arguments(), Path(made)))
