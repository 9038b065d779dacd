"""A real Kafka, filled; worker processes on it; and how fast they get through."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from confluent_kafka import Producer
from msgspec import Struct

from agents import topics
from stream.event import decode
from stream.intake import home
from stream.record import EVENTS

PARTITIONS = 24


def settings(bootstrap: str, directory: Path, *, more: str = "") -> Path:
    """A settings file for workers of this cluster."""
    file = directory / "bench.toml"
    file.write_text(
        f'[kafka]\nbootstrap = "{bootstrap}"\nreplication = 1\nmin_insync = 1\n[redis]\nurl = ""\n'
        f'[logging]\nlevel = "warning"\n{more}'
    )
    return file


async def prepare(bootstrap: str, log_time: str = "append", run: int = 1) -> None:
    """Creates the topics, of a run."""
    made = topics.wanted(("cloudevents",), run=run, log_time=log_time, replication=1, min_insync=1)
    await topics.create(bootstrap, made)


def producer(bootstrap: str, linger: int) -> Producer:
    """One that takes little of the machine, which it shares with what is measured; `linger` in ms."""
    # Idempotent: a batch that is sent again would else land after the next one, in another order every run.
    options = {"linger.ms": linger, "batch.size": 1_000_000, "enable.idempotence": True, "log_level": 2}
    return Producer({"bootstrap.servers": bootstrap, "queue.buffering.max.messages": 500_000} | options)


def fill(bootstrap: str, events: Iterator[tuple[bytes, bytes]], topic: str = EVENTS) -> int:
    """Writes events to journey.events as intake would, or to a topic of sources; returns the bytes."""
    size = 0
    sending = producer(bootstrap, linger=50)
    for i, (key, value) in enumerate(events):
        sending.produce(topic, value, key, partition=home(key, PARTITIONS) if topic == EVENTS else -1)
        size += len(value)
        if i % 10_000 == 0:
            sending.poll(0)
    sending.flush()
    return size


async def floor(bootstrap: str, count: int) -> float:
    """Events/s of `getmany` and decode alone, with the same decoder, in one process."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False,
                                max_partition_fetch_bytes=1 << 20, fetch_max_bytes=50 << 20)  # fmt: skip
    await consumer.start()
    try:
        consumer.assign([TopicPartition(EVENTS, p) for p in range(PARTITIONS)])
        began, seen = time.perf_counter(), 0
        while seen < count:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    decode(record.value)
                seen += len(records)
        return seen / (time.perf_counter() - began)
    finally:
        await consumer.stop()


@contextmanager
def worker(
    file: Path, roles: Sequence[str], log: Path, port: int = 0, lot: str = "all"
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process with some roles and a lot of plug-ins (bench.some), and its metrics on `port` (0 = none)."""
    command = [sys.executable, "-m", "bench.some", lot, "worker", "--roles", ",".join(roles), "--settings", str(file)]
    with log.open("wb") as out:
        environment = os.environ | {"JOURNEYWATCH_METRICS__PORT": str(port)}
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=out, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def memory(process: subprocess.Popen[bytes], which: str = "VmHWM") -> int:
    """Resident memory of a process, bytes (Linux): at its peak, or now (VmRSS)."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(which):
            return int(line.split()[1]) * 1024
    return 0


def cpu(process: subprocess.Popen[bytes]) -> float:
    """CPU seconds of a process so far, of all its threads (Linux)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def progress(bootstrap: str, group: str, topic: str) -> int:
    """What a group has committed of a topic, in records."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        try:
            offsets = await admin.list_consumer_group_offsets(group)
        except GroupCoordinatorNotAvailableError:  # nothing was ever committed on this broker
            return 0
        return sum(o.offset for tp, o in offsets.items() if tp.topic == topic and o.offset > 0)
    finally:
        await admin.close()


class Drained(Struct, frozen=True):
    """Records/s, and microseconds of CPU of the process a record."""

    rate: float
    each: float


async def drain(
    bootstrap: str, role: str, topic: str, count: int, process: subprocess.Popen[bytes], run: int = 1
) -> Drained:
    """How a group gets through `count` records: of its own run, between a tenth and nine tenths of them."""
    group = topics.app_id(role, run)
    marks: list[tuple[float, int, float]] = []
    while not marks or marks[-1][1] < count:
        if process.poll() is not None:
            raise SystemExit(f"the {role} worker ended with {process.returncode}; see its log")
        done = await progress(bootstrap, group, topic)
        marks.append((time.perf_counter(), done, cpu(process)))
        print(f"\r{role}: {done:,} of {count:,}", end="", file=sys.stderr, flush=True)
        await asyncio.sleep(0.5)
    print(file=sys.stderr)
    inner = [mark for mark in marks if count // 10 <= mark[1] <= count * 9 // 10]
    inner = inner if len(inner) > 1 else marks
    (t0, n0, c0), (t1, n1, c1) = inner[0], inner[-1]
    n, took = n1 - n0, t1 - t0
    return Drained(n / took, (c1 - c0) / n * 1e6) if n and took else Drained(0.0, 0.0)
