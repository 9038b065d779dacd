"""On the embedded broker: one that is gone ends the worker, one that returns in time does not."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agents.engine.exits import Code
from tests.kafka.test_crashes import Process
from tests.support.counting import Worker
from tests.support.recount import check, finished, running, send, until

LOST = 3.0


@contextmanager
def broker(worker: Worker) -> Iterator[subprocess.Popen[str]]:
    """An embedded broker in a process that can be stopped; sets the worker's address."""
    topics = ",".join(f"{name}:{count}" for name, count in worker.topics().items())
    command = [sys.executable, "-m", "agents.embedded.broker", "--topics", topics]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker.bootstrap = process.stdout.readline().strip()
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_broker_that_is_gone_ends_the_worker(unique: str, tmp_path: Path, how: signal.Signals) -> None:
    worker = Worker("", unique, 3, embedded=True, lost=LOST)
    with broker(worker) as process:
        child = Process(worker, tmp_path / "log")
        try:
            await until(lambda: "Worker ready" in child.log.read_text(), "it runs")
            await send(worker, range(30_000))
            process.send_signal(how)
            await until(lambda: child.code is not None, "it stops")
        finally:
            child.kill()
    assert child.code == Code.BROKER
    last = child.log.read_text().splitlines()[-1]
    assert last.startswith(
        f"journeywatch: stopped (75): Kafka at {worker.bootstrap} has not answered for 3 s; nothing is"
    )


async def test_a_broker_that_returns_in_time_is_waited_for(unique: str) -> None:
    worker, errors = Worker("", unique, 3, embedded=True, lost=60.0), list[BaseException]()
    with broker(worker) as process:
        await send(worker, range(30_000))
        async with running(worker, errors) as hop:
            await until(lambda: hop.telemetry.records > 0, "it folds")
            process.send_signal(signal.SIGSTOP)
            try:
                async with asyncio.timeout(30):
                    while await hop.producer.answers(1.0):  # perhaps it was on its way
                        pass
            finally:
                process.send_signal(signal.SIGCONT)
            await until(lambda: finished(worker), "everything is folded")
            await send(worker, range(30_000, 40_000))
            await until(lambda: finished(worker), "what comes then is folded too")
        assert errors == []
        await check(worker)
