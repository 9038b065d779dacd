"""One Faust app around one hop: the settings the engine depends on, and an app that never outlives a fault."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import faust
from aiokafka import TopicPartition

from agents.engine.connection import Connection
from agents.engine.hop import Hop
from agents.engine.tables import TableHop
from agents.engine.transport import QUEUED, EngineTables, EngineTransport, Passthrough, Scheduler

# Bytes of a partition, in one answer: a lane puts together what comes while it waits for its turn.
FETCH = 2 << 20

_PINNED: dict[str, Any] = {
    "processing_guarantee": "at_least_once",
    "stream_wait_empty": True,  # commits when partitions are revoked
    "stream_recovery_delay": 0.0,
    "consumer_auto_offset_reset": "earliest",  # with "latest" a start on a log that was cut off hangs
    "broker_commit_interval": 1.0,
    "broker_max_poll_interval": 120.0,
    "topic_allow_declare": False,  # `journeywatch topics` makes them
    "topic_disable_leader": True,
    "web_enabled": False,
    "autodiscover": False,
    "worker_redirect_stdouts": False,
    "producer_acks": -1,
    "ConsumerScheduler": Scheduler,
    "TableManager": EngineTables,
}
# Every join or leave of the embedded broker takes a session timeout; 6 s is the least it allows.
_EMBEDDED: dict[str, Any] = {
    "broker_session_timeout": 6.0,
    "broker_heartbeat_interval": 1.0,
    "broker_request_timeout": 10.0,
}
_REAL: dict[str, Any] = {
    "broker_session_timeout": 30.0,
    "broker_heartbeat_interval": 3.0,
    "broker_request_timeout": 40.0,
}


class EngineApp(faust.App):
    """A Faust app whose hop decides; any crash inside Faust ends the process through the hop."""

    hop: Hop

    def _new_transport(self) -> EngineTransport:
        return EngineTransport(self.conf.broker_consumer, self)

    def _crash(self, reason: BaseException) -> None:
        self.hop.on_stop(reason)
        super()._crash(reason)


def build(hop: Hop, connection: Connection, *, standby: int = 1, instance: str | None = None) -> EngineApp:
    """The app of a hop, not yet started. `instance` names this worker for ever (static membership)."""
    node = instance or f"{socket.gethostname()}-{os.getpid()}"
    app = EngineApp(
        hop.spec.app_id,
        **_PINNED,
        **(_EMBEDDED if connection.embedded else _REAL),
        **connection.faust(),
        canonical_url=f"http://{node}:1",  # tells workers apart; nothing listens there
        consumer_group_instance_id=instance,
        datadir=str(Path(tempfile.gettempdir()) / f"{hop.spec.app_id}-faust"),
        consumer_max_fetch_size=FETCH,
        topic_partitions=next(iter(hop.spec.sources.values())),
        table_standby_replicas=standby,
    )
    app.hop = hop
    if isinstance(hop, TableHop):
        # Declared so that Faust's assignor puts table and source partitions together and names standbys.
        name = hop.table.changelog.removeprefix(hop.spec.app_id + "-").removesuffix("-changelog")
        app.Table(name, partitions=hop.table.partitions)
    _agent(app, hop)
    return app


def _agent(app: EngineApp, hop: Hop) -> None:
    topic = app.topic(*hop.spec.sources, schema=Passthrough(), acks=False)
    topic.maxsize = QUEUED  # the argument of that name goes nowhere

    @app.agent(topic, name=hop.spec.role)
    async def take(stream: faust.StreamT[Any]) -> None:
        try:
            async for event in stream.events():
                for tp, records in event.message.value:
                    await hop.take(TopicPartition(*tp), records)
        except Exception as error:  # noqa: BLE001 - crash-only
            hop.on_stop(error)
