"""The topics: what the pipe needs, as data; what a broker has instead, in plain words; and how to make them.

Times come from the broker (LogAppendTime) wherever retention or compaction look at them: records of history are dated
long ago, and would be dropped, or compacted too early, by their own dates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from stream.infra.undelivered import UNDELIVERED

EVENTS = "journey.events"
KPIS = "journey.kpis"
ALERTS = "journey.alerts"
DEADLETTERS = "journey.deadletters"

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_BY_BROKER = {"message.timestamp.type": "LogAppendTime"}
_WHOLE = {"max.message.bytes": str(2 << 20)}  # a raw record of the default 1 MiB grows by a third in its dead letter
# One append of a large account: it can not be cut, and a worker whose append is refused stops for good.
_ROOMY = {"max.message.bytes": str(16 << 20)}
_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


class Topic(msgspec.Struct, frozen=True):
    """A topic as it should be. `config` holds the settings that matter, as Kafka writes them (times in ms)."""

    name: str
    partitions: int
    config: dict[str, str]
    replication: int = 3


def app_id(hop: str, run: int, prefix: str = "") -> str:
    """The Faust app, and so the consumer group, of a hop in a run: `journeywatch-journeys-1`."""
    return f"{prefix}journeywatch-{hop}-{run}"


def changelog(hop: str, table: str, run: int, prefix: str = "") -> str:
    """The topic that holds a table: `journeywatch-journeys-1-journeys-changelog` (the name is Faust's)."""
    return f"{app_id(hop, run, prefix)}-{table}-changelog"


def raw(source: str) -> str:
    """The topic that a source writes to."""
    return f"raw.{source}"


def wanted(
    sources: Iterable[str],
    *,
    run: int,
    partitions: int = 24,
    kpi_partitions: int = 4,
    prefix: str = "",
    log_time: str = "append",
    replication: int = 3,
    min_insync: int = 2,
) -> list[Topic]:
    """Every topic of a run, changelogs included; `prefix` goes before each name.

    `log_time` is "append" or "record" (DESIGN section 1). With fewer than `min_insync` replicas in step a write is
    refused; 1 and 1 suit a single broker.
    """
    in_step = {"min.insync.replicas": str(min_insync), "unclean.leader.election.enable": "false"}
    as_sent = {"message.timestamp.type": "CreateTime"}
    # In history a raw record carries the time of its event: by age it would be gone before intake reads it.
    received = _kept(7) | _BY_BROKER if log_time == "append" else _FOR_EVER | as_sent
    events = _FOR_EVER | (_BY_BROKER if log_time == "append" else as_sent)
    shapes: list[tuple[str, int, dict[str, str]]] = [
        *((raw(source), partitions, received) for source in sources),
        (EVENTS, partitions, events),
        (KPIS, kpi_partitions, _kept(7) | _BY_BROKER | _ROOMY),
        (ALERTS, 1, _kept(90) | _BY_BROKER),
        (DEADLETTERS, partitions, _kept(30) | _BY_BROKER | _WHOLE),
        (UNDELIVERED, 1, _kept(30) | _BY_BROKER),
        (changelog("journeys", "journeys", run), partitions, _COMPACTED),
        (changelog("kpis", "panes", run), kpi_partitions, _COMPACTED),
        (changelog("delivery", "alerts", run), 1, _COMPACTED),
    ]
    return [Topic(prefix + name, count, config | in_step, replication) for name, count, config in shapes]


def _kept(days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY)}


_COMPACTED = (
    _BY_BROKER
    | _ROOMY
    | {
        "cleanup.policy": "compact",
        # A sleeping writer may land an old value after a new one; recovery mends that while both are still there.
        "min.compaction.lag.ms": str(_DAY),
        "max.compaction.lag.ms": str(2 * _DAY),  # bounds what a recovery reads
        "segment.ms": str(_HOUR),  # the open segment is never compacted
        "delete.retention.ms": str(7 * _DAY),  # a standby that was away for less still hears of every deletion
    }
)


async def check(bootstrap: str, topics: Sequence[Topic], *, embedded: bool = False, **security: Any) -> list[str]:
    """What is wrong with a broker's topics, one sentence each with its mend; nothing wrong is an empty list.

    `embedded` leaves out settings and replication, which the embedded broker has not. `security` goes to aiokafka's
    client (`security_protocol`, `ssl_context`, `sasl_*`).
    """
    async with _Admin(bootstrap, security) as admin:
        found = await _partitions(admin)
        faults = [fault for topic in topics for fault in _shape_faults(topic, found.get(topic.name), embedded)]
        there = [topic for topic in topics if topic.name in found]
        if there and not embedded:
            configs = await _configs(admin, there)
            faults += [fault for topic in there for fault in _config_faults(topic, configs[topic.name])]
    return faults


async def create(bootstrap: str, topics: Sequence[Topic], **security: Any) -> list[str]:
    """Makes the topics that are not there, changes none that is; returns the names of those made.

    Raises RuntimeError with the broker's words if it refuses one. Not for the embedded broker, which has its own
    `create_topic`.
    """
    async with _Admin(bootstrap, security) as admin:
        found = await _partitions(admin)
        absent = [topic for topic in topics if topic.name not in found]
        if not absent:
            return []
        asked = [NewTopic(t.name, t.partitions, t.replication, topic_configs=t.config) for t in absent]
        made = await admin.create_topics(asked)
        refused = [f"topic {name} was not made: {words or code}" for name, code, words in made.topic_errors if code]
        if refused:
            raise RuntimeError("; ".join(refused))
        await _until_known(admin, absent)
    return [topic.name for topic in absent]


async def _until_known(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    """A broker answers CreateTopics before its own metadata have the topics."""
    async with asyncio.timeout(30):
        while not {topic.name for topic in topics} <= (await _partitions(admin)).keys():  # noqa: ASYNC110  the broker cannot call back
            await asyncio.sleep(0.02)


class _Admin:
    def __init__(self, bootstrap: str, security: dict[str, Any]) -> None:
        self._client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **security)

    async def __aenter__(self) -> AIOKafkaAdminClient:
        try:
            await self._client.start()
        except BaseException:
            await self._client.close()
            raise
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, list[int]]:
    """Topic to its partitions' numbers of replicas. Asks for all: asking the embedded broker for one would make it."""
    topics = await admin.describe_topics()
    return {topic["topic"]: [len(partition["replicas"]) for partition in topic["partitions"]] for topic in topics}


async def _configs(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=topic.config) for topic in topics]
    answers = await admin.describe_configs(asked)
    rows = [row for answer in answers for row in answer.resources]
    return {name: {entry[0]: entry[1] for entry in entries} for _, _, _, name, entries in rows}


def _shape_faults(topic: Topic, found: list[int] | None, embedded: bool) -> Iterable[str]:
    if found is None:
        yield f"topic {topic.name} is missing: make it with `journeywatch topics --create`"
        return
    if len(found) != topic.partitions:
        yield (
            f"topic {topic.name} has {len(found)} partitions, wants {topic.partitions}: "
            f"set {len(found)} in the settings, or make a new topic and replay into it (keys would move)"
        )
    if not embedded and min(found, default=0) < topic.replication:
        yield (
            f"topic {topic.name} has {min(found, default=0)} replicas, wants {topic.replication}: "
            "add replicas with kafka-reassign-partitions.sh, or set the lower number in the settings"
        )


def _config_faults(topic: Topic, found: dict[str, str]) -> Iterable[str]:
    for name, value in topic.config.items():
        has = found.get(name)
        if has != value:
            yield (
                f"topic {topic.name} has {name} = {has}, wants {value}: kafka-configs.sh --alter "
                f"--entity-type topics --entity-name {topic.name} --add-config {name}={value}"
            )
