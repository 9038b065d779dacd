"""The servers that tests share do what tests rely on."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from redis import asyncio as aioredis

from agents.embedded.redis import EmbeddedRedis
from agents.topics import Topic, check, create
from tests.support.alertmanager import Alertmanager
from tests.support.kafka import Kafka


@pytest.mark.slow
async def test_a_cluster_outlives_one_broker(kafka_cluster: Callable[..., Kafka], unique: str) -> None:
    """What was acknowledged is there after a broker is killed, and the broker comes back."""
    cluster = kafka_cluster(size=3)
    topic = Topic(unique, 1, {"min.insync.replicas": "2"})
    await create(cluster.bootstrap, [topic])
    async with AIOKafkaProducer(bootstrap_servers=cluster.bootstrap, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(unique, b"before")
        cluster.nodes[0].kill()
        await producer.send_and_wait(unique, b"after")
    cluster.nodes[0].start()
    cluster.wait()
    assert await check(cluster.bootstrap, [topic]) == []
    async with AIOKafkaConsumer(bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(unique, 0)])
        assert [(await consumer.getone()).value for _ in range(2)] == [b"before", b"after"]


async def test_redis_is_a_real_one(redis_server: EmbeddedRedis) -> None:
    """Scripts, which the imitation lacks."""
    async with aioredis.from_url(redis_server.url) as client:
        assert await client.eval("return 41 + 1", 0) == 42


def test_alertmanager_takes_alerts(alertmanager: Alertmanager) -> None:
    mine = {"alertname": "Friction", "test": "alertmanager-takes-alerts"}  # the server is shared: others' are there too
    body = json.dumps([{"labels": mine}]).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{alertmanager.url}/api/v2/alerts", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{alertmanager.url}/api/v2/alerts", timeout=10) as answer:
        assert mine in [alert["labels"] for alert in json.load(answer)]


def test_promtool_is_a_program(promtool: Path) -> None:
    assert promtool.is_file()
