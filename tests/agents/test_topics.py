"""The topics as data, and what `check` and `create` do on both brokers."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.embedded.broker import EmbeddedBroker
from agents.topics import Topic, app_id, changelog, check, create, raw, wanted
from tests.support.kafka import Kafka

DAY = 86_400_000


def by_name(topics: list[Topic]) -> dict[str, Topic]:
    return {topic.name: topic for topic in topics}


def test_every_topic_of_a_run() -> None:
    shapes = {topic.name: topic.partitions for topic in wanted(["zendesk", "web"], run=3)}
    assert shapes == {
        "raw.zendesk": 24,
        "raw.web": 24,
        "journey.events": 24,
        "journey.kpis": 4,
        "journey.alerts": 1,
        "journey.deadletters": 24,
        "journey.undelivered": 1,
        "journeywatch-journeys-3-journeys-changelog": 24,
        "journeywatch-kpis-3-panes-changelog": 4,
        "journeywatch-delivery-3-alerts-changelog": 1,
    }


def test_a_changelog_has_as_many_partitions_as_what_its_hop_reads() -> None:
    topics = by_name(wanted([], run=1, partitions=6, kpi_partitions=2))
    for read, table in [
        ("journey.events", changelog("journeys", "journeys", 1)),
        ("journey.kpis", changelog("kpis", "panes", 1)),
        ("journey.alerts", changelog("delivery", "alerts", 1)),
    ]:
        assert topics[read].partitions == topics[table].partitions


def test_names() -> None:
    assert app_id("kpis", 2) == "journeywatch-kpis-2"
    assert changelog("kpis", "panes", 2, "acme.") in by_name(wanted([], run=2, prefix="acme."))
    assert raw("web") == "raw.web"
    assert all(topic.name.startswith("acme.") for topic in wanted(["web"], run=1, prefix="acme."))


@pytest.mark.parametrize(
    ("topic", "setting", "value"),
    [
        ("journey.events", "retention.ms", "-1"),
        ("journey.events", "message.timestamp.type", "LogAppendTime"),
        ("journey.alerts", "cleanup.policy", "delete"),
        ("journey.alerts", "retention.ms", str(90 * DAY)),
        ("journeywatch-journeys-1-journeys-changelog", "cleanup.policy", "compact"),
        ("journeywatch-journeys-1-journeys-changelog", "min.compaction.lag.ms", str(DAY)),
        ("journeywatch-kpis-1-panes-changelog", "min.insync.replicas", "2"),
    ],
)
def test_settings_that_promises_rest_on(topic: str, setting: str, value: str) -> None:
    assert by_name(wanted(["web"], run=1))[topic].config[setting] == value


def test_history_keeps_its_own_times_and_is_not_dropped_for_them() -> None:
    topics = by_name(wanted(["web"], run=1, log_time="record"))
    for name in ("raw.web", "journey.events"):
        assert topics[name].config["message.timestamp.type"] == "CreateTime"
        assert topics[name].config["retention.ms"] == "-1"


async def test_kafka_gets_what_is_wanted_and_has_no_faults(kafka: Kafka, unique: str) -> None:
    topics = wanted(["web"], run=1, partitions=2, prefix=f"{unique}.", replication=1, min_insync=1)
    absent = await check(kafka.bootstrap, topics)
    assert absent == [f"topic {t.name} is missing: make it with `journeywatch topics --create`" for t in topics]
    assert await create(kafka.bootstrap, topics) == [topic.name for topic in topics]
    assert await check(kafka.bootstrap, topics) == []
    assert await create(kafka.bootstrap, topics) == []


async def test_kafka_faults_name_topic_setting_and_mend(kafka: Kafka, unique: str) -> None:
    await create(kafka.bootstrap, [Topic(unique, 2, {"retention.ms": "1000"}, 1)])
    faults = await check(kafka.bootstrap, [Topic(unique, 3, {"retention.ms": "-1"}, 2)])
    assert [fault.split(":")[0] for fault in faults] == [
        f"topic {unique} has 2 partitions, wants 3",
        f"topic {unique} has 1 replicas, wants 2",
        f"topic {unique} has retention.ms = 1000, wants -1",
    ]
    assert f"--entity-name {unique} --add-config retention.ms=-1" in faults[-1]


async def test_create_changes_nothing_that_is_there(kafka: Kafka, unique: str) -> None:
    await create(kafka.bootstrap, [Topic(unique, 2, {"retention.ms": "1000"}, 1)])
    assert await create(kafka.bootstrap, [Topic(unique, 3, {"retention.ms": "-1"}, 1)]) == []
    assert await check(kafka.bootstrap, [Topic(unique, 2, {"retention.ms": "1000"}, 1)]) == []


async def test_a_refusal_is_said_in_the_brokers_words(kafka: Kafka, unique: str) -> None:
    with pytest.raises(RuntimeError, match=f"topic {unique} was not made: .*[Rr]eplication"):
        await create(kafka.bootstrap, [Topic(unique, 1, {}, 3)])


async def test_append_time_is_the_brokers(kafka: Kafka, unique: str) -> None:
    """The setting arrives at the broker under the name that we gave it."""
    [events] = [
        t
        for t in wanted([], run=1, prefix=f"{unique}.", replication=1, min_insync=1)
        if t.name.endswith("journey.events")
    ]
    await create(kafka.bootstrap, [events])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        asked = ConfigResource(ConfigResourceType.TOPIC, events.name, configs={"message.timestamp.type": ""})
        [answer] = await admin.describe_configs([asked])
    finally:
        await admin.close()
    assert answer.resources[0][4][0][1] == "LogAppendTime"


async def test_the_embedded_broker_is_checked_by_partitions_alone(embedded_kafka: EmbeddedBroker, unique: str) -> None:
    topics = wanted([unique], run=1, partitions=3, prefix=f"{unique}.")
    first, second, *rest = topics
    for topic in rest:
        embedded_kafka.create_topic(topic.name, topic.partitions)
    embedded_kafka.create_topic(second.name, 5)
    faults = await check(embedded_kafka.bootstrap, topics, embedded=True)
    assert [fault.split(":")[0] for fault in faults] == [
        f"topic {first.name} is missing",
        f"topic {second.name} has 5 partitions, wants 3",
    ]
    again = await check(embedded_kafka.bootstrap, [first], embedded=True)
    assert len(again) == 1, "a check must not make the topic that it misses"


async def test_no_broker_is_an_error_not_a_fault() -> None:
    with pytest.raises(Exception, match="Unable to bootstrap"):
        await check("127.0.0.1:1", wanted([], run=1))
