"""On a real Kafka: workers that are killed, frozen and joined under load fold every record exactly once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from agents import topics
from agents.engine.exits import Code
from tests.support.counting import Worker
from tests.support.kafka import Kafka
from tests.support.recount import check, finished, ledgers, send, until

PARTITIONS = 4


@pytest.fixture
async def worker(kafka: Kafka, unique: str) -> Worker:
    worker = Worker(kafka.bootstrap, unique, PARTITIONS)
    wanted = [topics.Topic(name, count, {}, 1) for name, count in worker.topics().items()]
    await topics.create(kafka.bootstrap, wanted)
    return worker


class Process:
    """A worker process; its log is in `log`."""

    def __init__(self, worker: Worker, log: Path) -> None:
        self.log = log
        command = [sys.executable, "-m", "tests.support.counting", msgspec.json.encode(worker).decode()]
        with log.open("wb") as file:
            self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._child.pid, number)

    @property
    def code(self) -> int | None:
        return self._child.poll()

    def kill(self) -> None:
        if self.code is None:
            self._child.kill()
        self._child.wait()


class Crew:
    """Worker processes of one test, each started again when it has stopped itself, as a supervisor would."""

    def __init__(self, worker: Worker, home: Path) -> None:
        self._worker, self._home = worker, home
        self.codes: list[int] = []
        self.all: list[Process] = []
        self._count = 0

    def start(self) -> Process:
        self._count += 1
        process = Process(self._worker, self._home / f"{self._count}.log")
        self.all.append(process)
        return process

    def supervise(self) -> None:
        for process in list(self.all):
            if process.code is not None:
                self.all.remove(process)
                self.codes.append(process.code)
                self.start()

    def kill(self, process: Process) -> None:
        self.all.remove(process)
        process.kill()

    async def done(self) -> bool:
        self.supervise()
        return await finished(self._worker)


@pytest.fixture
def crew(worker: Worker, tmp_path: Path) -> Iterator[Crew]:
    with _ended(Crew(worker, tmp_path)) as crew:
        yield crew


@contextmanager
def _ended(crew: Crew) -> Iterator[Crew]:
    try:
        yield crew
    finally:
        for process in crew.all:
            process.kill()


async def progress(worker: Worker, least: int) -> bool:
    return sum(ledger.meta.next if ledger.meta else 0 for ledger in await ledgers(worker)) >= least


async def send_until(worker: Worker, stop: asyncio.Event) -> None:
    """Sends on and on, some 20,000 records a second, until `stop`."""
    start = 0
    while not stop.is_set():
        await send(worker, range(start, start + 5_000))
        await asyncio.sleep(0.25)
        start += 5_000


async def test_kill_9_twice_under_load(worker: Worker, crew: Crew) -> None:
    first, _ = crew.start(), crew.start()
    sending = asyncio.create_task(send(worker, range(100_000)))
    await until(lambda: progress(worker, 5_000), "some records are folded")
    crew.kill(first)
    second = crew.start()
    await until(lambda: progress(worker, 30_000), "more records are folded")
    crew.kill(second)
    crew.start()
    await sending
    await send(worker, range(100_000, 120_000))
    await until(crew.done, "everything is folded", seconds=120)
    await check(worker)
    assert set(crew.codes) <= {Code.FOREIGN}  # a worker may only have learnt that it was overtaken


async def test_a_worker_that_joins_and_one_that_leaves(worker: Worker, crew: Crew) -> None:
    crew.start()
    stop = asyncio.Event()
    sending = asyncio.create_task(send_until(worker, stop))
    await until(lambda: progress(worker, 10_000), "some records are folded")
    joined = crew.start()
    await until(lambda: "Worker ready" in joined.log.read_text(), "the second worker has its share")
    joined.signal(signal.SIGTERM)
    await until(lambda: joined.code is not None, "the worker leaves")
    assert joined.code == 0
    crew.all.remove(joined)
    stop.set()
    await sending
    await until(crew.done, "everything is folded", seconds=120)
    await check(worker)
    assert crew.codes == []


async def test_a_sleeper_that_wakes_after_its_partitions_went_to_another(worker: Worker, crew: Crew) -> None:
    sleeper = crew.start()
    await send(worker, range(20_000))
    sending = asyncio.create_task(send(worker, range(20_000, 60_000)))
    await until(lambda: progress(worker, 10_000), "some records are folded")
    sleeper.signal(signal.SIGSTOP)
    await sending
    crew.start()
    await until(lambda: finished(worker), "the other one has taken over", seconds=120)
    await send(worker, range(60_000, 70_000))
    sleeper.signal(signal.SIGCONT)
    await until(crew.done, "everything is folded", seconds=120)
    await send(worker, range(70_000, 80_000))
    await until(crew.done, "everything is folded", seconds=120)
    await check(worker)
    assert set(crew.codes) <= {Code.FOREIGN}


async def test_a_worker_says_what_is_missing(kafka: Kafka, unique: str, tmp_path: Path) -> None:
    worker = Worker(kafka.bootstrap, unique, PARTITIONS)
    await topics.create(kafka.bootstrap, [topics.Topic(worker.source, PARTITIONS, {}, 1)])
    with _ended(Crew(worker, tmp_path)) as crew:
        process = crew.start()
        await until(lambda: process.code is not None, "the worker stops")
        assert process.code == Code.TOPIC
        last = process.log.read_text().splitlines()[-1]
    assert last.startswith("journeywatch: stopped (76): ")
    assert worker.changelog in last
