"""`make bench ARGS="r1"`: every contender in one run, each several times, on one log of a real Kafka.

`--events 100000 --rounds 1` for a quick look; `--only floor,batched`. Each contender is a process of its own, and all
open the same alerts, or the run fails.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import Producer

from agents import topics
from agents.topics import Topic
from bench.r1 import hop, job, stock_faust
from bench.r1.meter import PARTITIONS, Result, Task
from bench.r1.workload import Workload
from stream.definitions import DAY
from stream.intake import home
from stream.record import ALERTS, EVENTS
from tests.support.kafka import Kafka

CONTENDERS = ("floor", "loop", "batched", "stock_faust", "hop", "journeywatch")
QUIET = ("floor",)  # they open no alerts
SLOW = {"stock_faust": 20_000}  # once is enough, and only so many events
SPAN = 10 * DAY
HANGS = 1_800.0  # seconds


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.r1", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(CONTENDERS), help="contenders, comma separated")
    parser.add_argument("--logs", type=Path, help="directory for what contenders say")
    return parser.parse_args(words)


async def run(args: argparse.Namespace, directory: Path) -> dict[str, list[Result]]:
    """All rounds; results by contender. Raises SystemExit if alerts differ."""
    with Kafka(directory / "kafka") as kafka:
        await topics.create(kafka.bootstrap, list(wanted(args.rounds)))
        began = time.perf_counter()
        expected, size = fill(kafka.bootstrap, args.events, args.customers)
        say(f"{args.events:,} events of {args.customers:,} customers, {size / args.events:.0f} B each, written in "
            f"{time.perf_counter() - began:.0f} s; {len(expected):,} alerts; {os.cpu_count()} cores")  # fmt: skip
        results: dict[str, list[Result]] = {}
        for round_ in range(1, args.rounds + 1):
            for name in args.only.split(","):
                if name in SLOW and round_ > 1:
                    continue
                events = min(args.events, SLOW.get(name, args.events))
                task = Task(kafka.bootstrap, events, f"r1.{name}.{round_}", round_)
                result = contend(name, task, (args.logs or directory) / f"{name}.{round_}.log")
                results.setdefault(name, []).append(result)
                say(f"{name:>13} {round_}: {result.rate:>9,.0f} events/s, {result.cpu:6.1f} us of CPU an event")
                if name not in QUIET:
                    due = {c for c, (p, offset) in expected.items() if offset < result.read.get(p, args.events)}
                    check(name, due, await opened(kafka.bootstrap, name, task))
        return results


def wanted(rounds: int) -> Iterator[Topic]:
    """The topics of all rounds."""
    for round_ in range(1, rounds + 1):
        made = topics.wanted((), run=round_, log_time="record", replication=1, min_insync=1)
        yield from made if round_ == 1 else (t for t in made if t.name.endswith("changelog"))
        like = next(t for t in made if t.name == topics.changelog("journeys", "journeys", round_))
        yield msgspec.structs.replace(like, name=hop.changelog(round_))
        for table in stock_faust.TABLES:  # Faust makes its own too, but does not wait until they are known
            yield Topic(f"r1.stock_faust.{round_}-{table}-changelog", PARTITIONS, {"cleanup.policy": "compact"}, 1)
        yield from (Topic(f"r1.{name}.{round_}", 1, {}, 1) for name in CONTENDERS)


def fill(bootstrap: str, events: int, customers: int) -> tuple[dict[job.Cause, tuple[int, int]], int]:
    """Writes the log; the alerts that the job opens on it, each with partition and offset, and the bytes."""
    options = {"linger.ms": 50, "batch.size": 1_000_000, "enable.idempotence": True, "log_level": 2}
    producer = Producer({"bootstrap.servers": bootstrap, "queue.buffering.max.messages": 500_000} | options)
    known: dict[bytes, job.Customer] = {}
    homes: dict[bytes, int] = {}
    causes: dict[job.Cause, tuple[int, int]] = {}
    ends: Counter[int] = Counter()
    size, start = 0, int(time.time() * 1000) - SPAN
    for number, (key, at, value) in enumerate(Workload(customers).events(events, start, SPAN)):
        if key not in known:
            known[key], homes[key] = job.Customer(), home(key, PARTITIONS)
        producer.produce(EVENTS, value, key, partition=homes[key], timestamp=at)
        size += len(value)
        event = job.decode(value)
        ticket, score = getattr(event.data, "ticket", ""), getattr(event.data, "score", 0)
        if rule := job.take(known[key], event.type, at, ticket, score):
            causes[rule, event.subject, at] = homes[key], ends[homes[key]]
        ends[homes[key]] += 1
        if number % 10_000 == 0:
            producer.poll(0)
    producer.flush()
    return causes, size


def contend(name: str, task: Task, log: Path) -> Result:
    """One contender in a process of its own. Raises SystemExit if it fails."""
    command = [sys.executable, "-m", "bench.r1.child", name, msgspec.json.encode(task).decode()]
    with log.open("wb") as out:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=out, timeout=HANGS, check=False
        )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise SystemExit(f"{name} ended with {done.returncode}: {log.read_text()[-2_000:]}")
    return msgspec.json.decode(lines[-1], type=Result)


async def opened(bootstrap: str, name: str, task: Task) -> set[job.Cause]:
    """The alerts that a contender opened in its round."""
    causes: set[job.Cause] = set()
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as consumer:
        tp = TopicPartition(ALERTS if name == "journeywatch" else task.alerts, 0)
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            for record in (await consumer.getmany(timeout_ms=500)).get(tp, ()):
                alert = msgspec.json.decode(record.value)
                if name != "journeywatch":
                    causes.add((alert["rule"], alert["customer"], alert["at"]))
                elif alert["run"] == task.round:
                    causes.add((alert["signal"], alert["subject"], int(alert["cause"])))
    return causes


def check(name: str, expected: set[job.Cause], found: set[job.Cause]) -> None:
    if job.digest(found) != job.digest(expected):
        raise SystemExit(
            f"{name} opened other alerts: {len(expected - found):,} missing, {len(found - expected):,} more"
        )


def table(results: dict[str, list[Result]]) -> Iterator[str]:
    """Medians, as lines of Markdown; ratios of CPU time an event, which other work on the machine hardly moves."""
    middle = {name: (median(r.rate for r in rounds), median(r.cpu for r in rounds), max(r.peak for r in rounds))
              for name, rounds in results.items()}  # fmt: skip
    yield "| contender | events/s | CPU, us an event | of the floor | times the loop | peak memory |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, (rate, cpu, peak) in middle.items():
        against = [f"{middle[other][1] / cpu:.2f}" if other in middle else "-" for other in ("floor", "loop")]
        yield f"| {name} | {rate:,.0f} | {cpu:.1f} | {against[0]} | {against[1]} | {peak / 2**20:.0f} MiB |"


def say(text: str) -> None:
    print(text, flush=True)


def main(words: Sequence[str] | None = None) -> None:
    args = arguments(words)
    with tempfile.TemporaryDirectory(prefix="journeywatch-r1-") as made:
        results = asyncio.run(run(args, Path(made)))
    for line in table(results):
        say(line)


if __name__ == "__main__":
    main()
