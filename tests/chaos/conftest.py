"""Rigs, and what is left to `make chaos`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.crew import Crew
from tests.chaos.hook import Hook
from tests.chaos.settled import Rig
from tests.kafka.test_alertmanager_pipe import OwnRedis
from tests.support.kafka import Kafka
from tests.support.live import Pipe

LOG = "partitions = 3\nkpi_partitions = 2"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `chaos` runs only where it is asked for (`-m chaos`)."""
    if "chaos" not in config.option.markexpr:
        large = [item for item in items if item.get_closest_marker("chaos")]
        config.hook.pytest_deselected(items=large)
        items[:] = [item for item in items if item not in large]


@pytest.fixture
def redis(redis_server: Any, tmp_path: Path) -> Iterator[OwnRedis]:
    """One that comes and goes; `redis_server` is asked for the marker's sake."""
    redis = OwnRedis(tmp_path)
    redis.start()
    yield redis
    redis.kill()


@pytest.fixture
def rig(kafka_cluster: Any, tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """A factory of pipes with their topics made and no worker yet: on a broker of its own or on
    `kafka`; `copies` of every record must be written before it counts."""
    with ExitStack() as stack:

        def make(*, kafka: Kafka | None = None, redis: str = "", log: str = LOG, copies: int = 1) -> Rig:
            broker = kafka or kafka_cluster(size=1)
            hook = stack.enter_context(closing(Hook(tmp_path)))
            pipe = Pipe(tmp_path, broker.bootstrap, redis=redis, log=log, more=hook.settings())
            text = pipe.file.read_text().replace("replication = 1", f"replication = {copies}")
            pipe.file.write_text(text.replace("min_insync = 1", f"min_insync = {copies}"))
            crew = stack.enter_context(closing(Crew(pipe)))
            pipe.well("topics", "--create")
            return Rig(pipe, crew, hook, broker)

        yield make
