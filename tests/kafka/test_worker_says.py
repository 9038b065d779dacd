"""What a worker says when it can not start, and with which code it ends: as a user of `journeywatch worker` sees it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents import topics
from agents.commands.topics import of
from agents.embedded.child import free_port
from stream.infra import settings
from tests.support.live import Pipe


def last(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The last line, of a worker that ended with this code."""
    assert done.returncode == code, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith(f"journeywatch: stopped ({code}): ")
    return line


async def alter(bootstrap: str, topic: str, config: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=config)])
    finally:
        await admin.close()


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    pipe = Pipe(tmp_path, address, more="[metrics]\nport = 0")
    line = last(pipe.run("worker"), 75)
    assert f"no answer from Kafka at {address}" in line
    assert "see that it runs" in line


async def test_topics_that_do_not_fit_and_definitions_that_changed(kafka_cluster: Any, tmp_path: Path) -> None:
    """One after the other on one broker, each mended as the line says."""
    bootstrap = kafka_cluster(size=1).bootstrap
    port = "[metrics]\nport = 0\n"
    pipe = Pipe(tmp_path, bootstrap, log="partitions = 3", more=port)
    line = last(pipe.run("worker"), 76)
    assert "topic raw.cloudevents is missing: make it with `journeywatch topics --create`" in line

    wanted = of(settings.load(pipe.file, {}))
    as_sent = {"message.timestamp.type": "CreateTime"}
    wrong = [
        msgspec.structs.replace(topic, config=topic.config | as_sent) if topic.name == topics.EVENTS else topic
        for topic in wanted
    ]
    await topics.create(bootstrap, wrong)
    line = last(pipe.run("worker"), 76)
    assert "topic journey.events has message.timestamp.type = CreateTime, wants LogAppendTime: kafka-configs.sh" in line
    (events,) = (topic for topic in wanted if topic.name == topics.EVENTS)
    await alter(bootstrap, topics.EVENTS, events.config)

    pipe.write(bootstrap, log="partitions = 4", more=port)
    line = last(pipe.run("worker"), 76)
    assert "has 3 partitions, wants 4: set 3 in the settings" in line

    pipe.write(bootstrap, log="partitions = 3", more=port)
    pipe.start()
    pipe.stop()
    assert [worker.code for worker in pipe.workers] == [0]
    pipe.write(bootstrap, log="partitions = 3", more=port + '[keep]\nrecords = "60d"')
    line = last(pipe.run("worker"), 78)
    assert "put the old definitions and plug-ins back, or take `run + 1`" in line
