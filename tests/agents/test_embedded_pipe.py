"""The whole pipe on the embedded broker: what it comes to is what `replay` makes of the file. Seconds, no Java.

Covers agents/verify.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.commands.topics import of
from agents.embedded.broker import EmbeddedBroker
from agents.verify import verify
from stream.infra import settings, world
from tests.support.live import Pipe, agree, quiet, story
from tests.support.replaying import rows

START = 1_766_000_000_000
DAY = 86_400_000
CUSTOMERS, DAYS, PARTITIONS = 40, 60, 3


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    with EmbeddedBroker() as broker:
        log = f'time = "record"\npartitions = {PARTITIONS}\nkpi_partitions = 2'
        pipe = Pipe(tmp_path, broker.bootstrap, log=log, embedded=True)
        for topic in of(settings.load(pipe.file, {})):
            broker.create_topic(topic.name, topic.partitions)
        try:
            yield pipe
        finally:
            pipe.kill()


async def test_readings_and_the_history_of_alerts_are_those_of_a_replay(pipe: Pipe, tmp_path: Path) -> None:
    file, end = tmp_path / "log.ndjson", tmp_path / "end.ndjson"
    events = list(world.world(CUSTOMERS, START, START + DAYS * DAY, 7, currencies=("USD",)))
    count = world.write(file, events)
    pipe.start()
    made = pipe.made()
    pipe.well("send", file)
    await pipe.until(lambda: quiet(made, count), "everything is folded", seconds=120)
    # The clock's end goes to all partitions: it may not overtake what is still on its way to one.
    world.write(end, events[-1:])  # a repeat changes nothing
    pipe.well("send", end, "--end")
    await pipe.until(lambda: quiet(made, count + 1 + PARTITIONS), "the end is heard", seconds=120)
    differences, live = await verify(made)
    assert differences == []
    pipe.well("replay", file, "--out", tmp_path / "file")
    agree(rows(tmp_path / "file", "readings.json"), live)
    assert rows(tmp_path / "file", "alerts.ndjson") == story(live)
    assert len(live.said) > 100
