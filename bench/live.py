"""Workers under load, all roles in one or one for each: what they say of themselves, and how long an alert takes."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen
from urllib.request import urlopen

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct

from agents import topics
from agents.embedded.child import free_port
from bench import pipe
from bench.workload import Workload
from stream.claims import Alert
from stream.record import ALERTS
from tests.support.live import health

RAW = topics.raw("cloudevents")
ROLES = ("intake", "journeys", "kpis", "delivery")
_FOLDED = 'journey_processed_records_total{role="journeys"}'
_WAITING, _ROWS, _HELD = "journey_consumer_lag_records", "journey_table_keys", "journey_event_loop_lag_seconds"
_alert = msgspec.json.Decoder(Alert).decode


class Seen(Struct, frozen=True):
    """`folded` events by journeys since the start; records `waiting` before any role; `rows` of all tables; how long
    the event loop was `held` at the worst of the last 15 to 30 s; how long the worker `took` to say so. Seconds.
    """

    folded: int
    waiting: int
    rows: int
    held: float
    took: float


def look(port: int) -> Seen:
    """Scrapes /metrics, as Prometheus would. Raises OSError without an answer within 30 s."""
    began = time.perf_counter()
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return read(text, time.perf_counter() - began)


def read(text: str, took: float) -> Seen:
    sums: Counter[str] = Counter()
    for line in text.splitlines():
        series, _, value = line.rpartition(" ")
        name = series if series == _FOLDED else series.partition("{")[0]
        if name in (_FOLDED, _WAITING, _ROWS, _HELD):
            sums[name] += float(value)  # type: ignore[assignment]
    return Seen(int(sums[_FOLDED]), int(sums[_WAITING]), int(sums[_ROWS]), sums[_HELD], took)


class Worker(Struct, frozen=True):
    """A process with all roles, or with one and others `beside` it, and the port of its metrics. Each method raises
    SystemExit if one has ended.
    """

    process: Popen[bytes]
    port: int
    beside: tuple[Worker, ...] = ()

    async def seen(self) -> Seen:
        """As `look`, of all of them, beside what else goes on here."""
        self._runs()
        found = [await asyncio.to_thread(look, self.port), *[await other.seen() for other in self.beside]]
        folded, waiting, rows = (sum(getattr(one, name) for one in found) for name in ("folded", "waiting", "rows"))
        return Seen(folded, waiting, rows, max(one.held for one in found), max(one.took for one in found))

    async def answering(self) -> None:
        """Returns when it answers, be it ready or not."""
        while await asyncio.to_thread(health, self.port) is None:
            self._runs()
            await asyncio.sleep(0.1)
        for other in self.beside:
            await other.answering()

    async def through(self, least: int = 0) -> Seen:
        """Returns when `least` events are folded and nothing waits before any role, seen twice running."""
        quiet = 0
        while quiet < 2:
            await asyncio.sleep(0.5)
            seen = await self.seen()
            quiet = quiet + 1 if seen.folded >= least and not seen.waiting else 0
        return seen

    async def maximum(self, waiting: int) -> float:
        """Events/s at which it works off, to the last alert, what waits for it when it is started."""
        await self.answering()
        first = await self.seen()
        while not first.folded:
            await asyncio.sleep(0.1)
            first = await self.seen()
        began = time.perf_counter()
        await self.through(waiting)
        return (waiting - first.folded) / (time.perf_counter() - began)

    def _runs(self) -> None:
        if (code := self.process.poll()) is not None:
            raise SystemExit(f"the worker ended with {code}; see its log")


@contextmanager
def worker(file: Path, log: Path, lot: str = "all", *, apart: bool = False) -> Iterator[Worker]:
    """One worker with all roles, or one for each (`apart`), with a lot of plug-ins (bench.some)."""
    with ExitStack() as stack:
        made: list[Worker] = []
        for roles in [(role,) for role in ROLES] if apart else [ROLES]:
            port = free_port()
            ours = log.with_stem(f"{log.stem}-{roles[0]}") if apart else log
            made.append(Worker(stack.enter_context(pipe.worker(file, roles, ours, port, lot)), port))
        yield Worker(made[0].process, made[0].port, tuple(made[1:]))


async def send(bootstrap: str, rate: float, seconds: float, workload: Workload) -> int:
    """Sends `rate` events/s for so long, each as of the clock of the workload; returns how many."""
    producer = pipe.producer(bootstrap, linger=5)
    begun, sent = time.time(), 0
    while (now := time.time()) < begun + seconds:
        for _ in range(int((now - begun) * rate) - sent):
            at = workload.clock()
            key, value = workload.event(at)
            producer.produce(RAW, value, key, timestamp=at)
            sent += 1
        producer.poll(0)
        await asyncio.sleep(0.01)
    await asyncio.to_thread(producer.flush)
    return sent


async def fill(bootstrap: str, workload: Workload, count: int) -> None:
    """Has `count` events wait."""
    await asyncio.to_thread(pipe.fill, bootstrap, workload.events(count, int(time.time() * 1000)), RAW)


async def measure(bootstrap: str, rate: float, seconds: float, workload: Workload) -> list[int]:
    """Sends `rate` events/s; ms from append time to alert, sorted, of what is said from 2 s after the start on."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    found: list[int] = []
    try:
        tp = TopicPartition(ALERTS, 0)
        consumer.assign([tp])
        await consumer.seek_to_end(tp)
        began = time.time()
        sending = asyncio.create_task(send(bootstrap, rate, seconds, workload))
        while time.time() < began + seconds + 5:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [r.timestamp - _alert(r.value).changed for r in records if began + 2 <= r.timestamp / 1000]
        await sending
    finally:
        await consumer.stop()
    return sorted(found)


def quantile(times: Sequence[int], q: float) -> int:
    """Of a sorted list that is not empty."""
    return times[min(int(len(times) * q), len(times) - 1)]


def told(rate: float, times: Sequence[int]) -> str:
    if not times:
        return f"append to alert at {rate:,.0f} events/s: no alert came, nothing measured"
    p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
    return f"append to alert at {rate:,.0f} events/s: p50 {p50:,} ms, p99 {p99:,} ms, of {len(times):,}"


def machine() -> str:
    """What it is, and how busy."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"


def say(what: str, text: str) -> None:
    print(f"{what:>10}  {text}", flush=True)
