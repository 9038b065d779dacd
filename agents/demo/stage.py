"""The stage of the demonstration: a broker, a Redis and a worker of all roles, each a process of its own."""

from __future__ import annotations

import http.client
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from msgspec import Struct

from agents.commands.topics import of
from agents.embedded.broker import separate_broker
from agents.embedded.child import SIGNALS, Child, free_port, listening
from agents.embedded.redis import EmbeddedRedis
from stream.infra import settings
from stream.infra.settings import PREFIX, Settings

SOURCE = "cloudevents"
START = 90.0  # s that the worker may take to be ready
GOODBYE = 8.0  # s that it may take to end; nothing here is worth waiting for

Say = Callable[[str], None]


class Stage(Struct, frozen=True):
    """What runs, once it is ready. `log` = what the worker says."""

    settings: Settings
    redis: Literal["redis", "fakeredis"]
    worker: Child
    log: Path

    def broker_answers(self) -> bool:
        """Does the broker accept connections? Clients would wait for it for minutes."""
        return listening(int(self.settings.kafka.bootstrap.rpartition(":")[2]))


@contextmanager
def stage(file: Path | None, say: Say) -> Iterator[Stage]:
    """Everything started and ready, all of it ended afterwards. `file`: settings; what is the demo's own goes over it.

    Raises Faults, EmbeddedBrokerError, and ChildError with the worker's last words.
    """
    own = _own(settings.load(file, {}))
    topics = {topic.name: topic.partitions for topic in of(settings.load(file, own))}
    with (
        tempfile.TemporaryDirectory(prefix="journeywatch-demo-") as directory,
        separate_broker(topics) as bootstrap,
        EmbeddedRedis() as redis,
    ):
        say(f"broker at {bootstrap} (in memory), Redis at {redis.url} ({redis.kind})")
        own |= _named({"kafka__bootstrap": bootstrap, "redis__url": redis.url})
        effective = settings.load(file, own)
        log = Path(directory) / "worker.log"
        say("starting intake, journeys, kpis, delivery")
        worker = _worker(file, own, effective, log)
        try:
            yield Stage(effective, redis.kind, worker, log)
        finally:
            _deaf()
            worker.close(GOODBYE)


def _own(given: Settings) -> dict[str, str]:
    """The demo's settings, as environment. Nothing of the machine's own JOURNEYWATCH_... comes in: no production."""
    port = given.metrics.port
    return _named(
        {
            "kafka__security": "PLAINTEXT",
            "redis__username": "",
            "redis__password": "",
            "metrics__bind": "127.0.0.1",
            "metrics__port": str(free_port() if not port or listening(port) else port),
            "logging__format": "text",
            "intake__sources": SOURCE,
            "log__time": "record",  # the embedded broker keeps the time that a producer gives
        }
    )


def _named(values: dict[str, str]) -> dict[str, str]:
    return {PREFIX + name.upper(): value for name, value in values.items()}


def _worker(file: Path | None, own: dict[str, str], effective: Settings, log: Path) -> Child:
    command = [sys.executable, "-m", "agents.demo.worker", *([str(file)] if file else [])]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | own
    port = effective.metrics.port
    return Child(command, ready=lambda: _ready(port), log=log, seconds=START, environment=environment)


def _ready(port: int) -> bool:
    """Does the worker say that all its roles run?"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _deaf() -> None:
    """What is ending already is not hurried: a second Ctrl-C would leave processes behind. `tidy_end` undoes it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def tidy_end() -> Iterator[None]:
    """While it lasts, SIGTERM and a closed terminal end things as Ctrl-C does: in order, leaving no process behind."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
