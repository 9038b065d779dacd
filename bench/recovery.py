"""How a worker comes back: `make bench ARGS="recovery --customers 200000"`. On a real Kafka, with real rows.

The journeys' changelog is filled as workers would have: every customer in two versions, in appends of 700 KB. Then it
is read by a bare client, by the engine, by a worker that starts, and by one that takes over from another.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from urllib.request import urlopen

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from agents import topics
from agents.embedded.child import free_port
from agents.engine.ledger import Ledger, Put
from agents.engine.ledger import records as records_of
from agents.engine.producer import Producer
from agents.engine.reader import Reader
from agents.setup import Setup, setup
from bench import pipe
from bench.r1.workload import Workload
from stream.definitions import DAY
from stream.infra.settings import load
from stream.intake import home
from stream.partition import Partition
from stream.record import EVENTS, Append, Meta, Record
from tests.support.kafka import Kafka
from tests.support.live import health

TEMPLATE = 300  # customers whose rows are made; the others have copies of them
EVENTS_EACH = 20
APPEND = 700_000  # bytes
VERSIONS = 2


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    return parser.parse_args(words)


def rows(made: Setup) -> list[bytes]:
    """Rows of the template's customers, by a fold of their events of the last ten days."""
    now = int(time.time() * 1000)
    heard = Workload(TEMPLATE).events(TEMPLATE * EVENTS_EACH, now - 10 * DAY, 10 * DAY)
    store: dict[bytes, bytes] = {}
    one = msgspec.structs.replace(made.definitions, partitions=1)
    fold = Partition(one, made.plan, 0, store, None)
    for _ in fold.feed([Record(EVENTS, 0, i, at, key, value) for i, (key, at, value) in enumerate(heard)]):
        pass
    return list(store.values())


def appends(made: Setup, partition: int, keys: Sequence[bytes], template: Sequence[bytes]) -> Iterator[Append]:
    """All customers of a partition, so many times."""
    meta = Meta(run=1, revision=made.revision, partitions=made.definitions.partitions, clock=int(time.time() * 1000))
    puts: list[Put] = []
    size = 0
    for i, key in enumerate(key for _ in range(VERSIONS) for key in keys):
        row = template[i % len(template)]
        puts.append((key, row))
        size += len(key) + len(row)
        if size > APPEND:
            yield Append(puts, meta, [])
            puts, size = [], 0
    yield Append(puts, meta, [])


async def fill(made: Setup, customers: int) -> tuple[int, int]:
    """Writes the changelog; returns its records and their bytes."""
    name, count = topics.changelog("journeys", "journeys", 1), made.definitions.partitions
    keys: list[list[bytes]] = [[] for _ in range(count)]
    for i in range(customers):
        key = b"customer-%d" % i
        keys[home(key, count)].append(key)
    template, total, size = rows(made), 0, 0
    producer = Producer(made.connection)
    await producer.start()
    for p, mine in enumerate(keys):
        end = 0
        for append in appends(made, p, mine, template):
            puts = records_of(append)
            size += await producer.append(name, p, end, puts)
            end += len(puts)
        total += end
    await producer.stop()
    return total, size


async def floor(made: Setup) -> int:
    """Reads the changelog and drops it; returns the number of records."""
    consumer = AIOKafkaConsumer(**made.connection.client(), enable_auto_commit=False, auto_offset_reset="earliest",
                                max_partition_fetch_bytes=4 << 20)  # fmt: skip
    await consumer.start()
    try:
        places = [TopicPartition(topics.changelog("journeys", "journeys", 1), p) for p in range(pipe.PARTITIONS)]
        consumer.assign(places)
        wanted = sum((await consumer.end_offsets(places)).values())
        seen = 0
        while seen < wanted:
            seen += sum(map(len, (await consumer.getmany(timeout_ms=500)).values()))
        return seen
    finally:
        await consumer.stop()


async def read(made: Setup) -> int:
    """Reads it as an owner does."""
    name = topics.changelog("journeys", "journeys", 1)
    async with Reader(made.connection, {TopicPartition(name, p): Ledger() for p in range(pipe.PARTITIONS)}) as reader:
        return await reader.read_to_end()


async def timed(what: str, read: Callable[[], Awaitable[int]]) -> float:
    """Records a second of CPU time, of which there is less on a busy machine; says it."""
    began, busy = time.perf_counter(), time.process_time()
    count = await read()
    took, busy = time.perf_counter() - began, time.process_time() - busy
    say(what, f"{count:,} records, {count / took:,.0f}/s, {count / busy:,.0f} a second of CPU")
    return count / busy


def scrape(port: int) -> dict[str, float]:
    """The role's counters and worst gauges."""
    found: dict[str, float] = {}
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        for family in text_string_to_metric_families(answer.read().decode()):
            for sample in family.samples:
                found[sample.name] = max(found.get(sample.name, 0.0), sample.value)
    return found


async def workers(file: Path, directory: Path) -> None:
    """One starts; a second joins, and takes everything over when the first one goes."""
    ports = [free_port(), free_port()]
    began = time.perf_counter()
    with pipe.worker(file, ["journeys"], directory / "first.log", ports[0]) as first:
        await settled(ports[0], first, pipe.PARTITIONS)
        took, told = time.perf_counter() - began, scrape(ports[0])
        say("restart", f"{took:.1f} s from start to ready, of it {told['journey_recovery_seconds_total']:.1f} s for "
            f"{told['journey_recovered_records_total']:,.0f} records; peak {pipe.memory(first) / 2**20:.0f} MiB; "
            f"loop held {told['journey_event_loop_lag_seconds']:.2f} s at most")  # fmt: skip
        with pipe.worker(file, ["journeys"], directory / "second.log", ports[1]) as second:
            await settled(ports[1], second, pipe.PARTITIONS // 2)
            await asyncio.sleep(20)  # a warm-up, not a test: its standbys read on
            before = scrape(ports[1])
            first.terminate()
            first.wait()
            await settled(ports[1], second, pipe.PARTITIONS)
            after = scrape(ports[1])
            spent = after["journey_recovery_seconds_total"] - before["journey_recovery_seconds_total"]
            again = after["journey_recovered_records_total"] - before["journey_recovered_records_total"]
            say("take over", f"{spent:.2f} s, {again:,.0f} records read again")


async def settled(port: int, process: subprocess.Popen[bytes], partitions: int) -> None:
    """Returns when the worker is ready and owns so many partitions."""
    while True:
        assert process.poll() is None, "the worker ended; see its log"
        if health(port) == [] and scrape(port).get("journey_assigned_partitions") == partitions:
            return
        await asyncio.sleep(0.05)


async def run(args: argparse.Namespace, directory: Path) -> None:
    with Kafka(directory / "kafka") as kafka:
        await pipe.prepare(kafka.bootstrap)
        file = pipe.settings(kafka.bootstrap, directory)
        made = setup(load(file, {}))
        count, size = await fill(made, args.customers)
        say("input", f"{args.customers:,} customers, {count:,} records of {size / count:.0f} B; {os.cpu_count()} cores")
        bare = await timed("floor", lambda: floor(made))
        engine = await timed("engine", lambda: read(made))
        say("ratio", f"{engine / bare:.2f} of the floor")
        await workers(file, directory)


def say(what: str, text: str) -> None:
    print(f"{what:>10}  {text}", flush=True)


def main(words: Sequence[str] | None = None) -> None:
    with tempfile.TemporaryDirectory(prefix="journeywatch-bench-") as made:
        uvloop.run(run(arguments(words), Path(made)))


if __name__ == "__main__":
    main()
