"""A Kafka broker in this process: librdkafka's mock cluster, driven through ctypes.

The library is the one that the confluent-kafka wheel carries. The cluster lives in memory, listens on random ports of
127.0.0.1 and answers what clients need: produce, fetch, groups, offsets, metadata. It has no CreateTopics, no topic
settings, no compaction, and keeps about 5 MiB a partition, nothing of a batch that is larger: what needs those is shown
on a real Kafka.

`python -m agents.embedded.broker --topics journey.events:24` runs one on its own until its standard input closes.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PRODUCER = 0  # rd_kafka_type_t
_TOPIC_EXISTS = 36  # RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
# Where wheels put the library: repaired Linux wheels, Windows wheels, macOS wheels.
_PATTERNS = (
    "confluent_kafka.libs/librdkafka*.so*",
    "confluent_kafka.libs/*rdkafka*.dll",
    "confluent_kafka/.dylibs/librdkafka*.dylib",
)


class EmbeddedBrokerError(RuntimeError):
    """The embedded broker cannot do this, or not on this machine; the message says what to do."""


class EmbeddedBroker:
    """An in-memory Kafka cluster of `brokers` nodes; `bootstrap` is its address. Close it, or use `with`.

    The first join of a group waits `rebalance_delay_ms` for other members. Raises EmbeddedBrokerError where
    there is no library to run.
    """

    def __init__(self, *, brokers: int = 1, rebalance_delay_ms: int = 200) -> None:
        self._library = _load()
        reason = ctypes.create_string_buffer(512)
        conf = ctypes.c_void_p(self._library.rd_kafka_conf_new())
        # Errors only: it warns, rightly and to no use, that this client has no broker to connect to.
        self._library.rd_kafka_conf_set(conf, b"log_level", b"3", reason, len(reason))
        self._client = ctypes.c_void_p(self._library.rd_kafka_new(_PRODUCER, conf, reason, len(reason)))
        if not self._client.value:
            raise EmbeddedBrokerError(f"librdkafka does not start: {reason.value.decode(errors='replace')}")
        self._cluster = ctypes.c_void_p(self._library.rd_kafka_mock_cluster_new(self._client, brokers))
        if not self._cluster.value:
            self._library.rd_kafka_destroy(self._client)
            raise EmbeddedBrokerError(f"librdkafka makes no cluster of {brokers} brokers")
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, rebalance_delay_ms)
        self.bootstrap: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Makes a topic. Raises EmbeddedBrokerError if there is one of that name."""
        code = self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)
        if code == _TOPIC_EXISTS:
            raise EmbeddedBrokerError(f"topic {name} is there already")
        if code:
            raise EmbeddedBrokerError(f"topic {name} was not made: librdkafka says {code}")

    def close(self) -> None:
        """Ends the cluster; what it held is gone. May be repeated."""
        if self._cluster.value:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
            self._library.rd_kafka_destroy(self._client)
            self._cluster.value = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _load() -> ctypes.CDLL:
    try:
        import confluent_kafka  # its import loads the libraries that librdkafka needs
    except ImportError as error:
        raise EmbeddedBrokerError(
            "the embedded broker needs confluent-kafka: pip install 'journeywatch[demo]'"
        ) from error
    root = Path(confluent_kafka.__file__).parent.parent
    found = [path for pattern in _PATTERNS for path in sorted(root.glob(pattern))]
    if not found:
        raise EmbeddedBrokerError(
            "this confluent-kafka carries no librdkafka of its own, so there is no embedded broker here: "
            "use a wheel from PyPI, or a real Kafka"
        )
    library = ctypes.CDLL(str(found[0]))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return library


@contextmanager
def separate_broker(topics: Mapping[str, int]) -> Iterator[str]:
    """An embedded broker in a process of its own, with these topics (name to partitions): yields its address."""
    wanted = ",".join(f"{name}:{partitions}" for name, partitions in topics.items())
    command = [sys.executable, "-m", "agents.embedded.broker", "--topics", wanted]
    # A group of its own: a Ctrl-C at the terminal must not take the broker from workers that still write to it.
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, process_group=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            bootstrap = child.stdout.readline().strip()
            if not bootstrap:
                raise EmbeddedBrokerError(f"the embedded broker ended with code {child.wait()}")
            yield bootstrap
        finally:
            child.stdin.close()


def soothe_aiokafka() -> None:
    """Lets several group members share one event loop with the embedded broker. For demo and tests only.

    The mock answers a follower's SyncGroup with error 42 when the leader's came first, and aiokafka gives up on it;
    a leader that waits 0.15 s comes last. Apache Kafka needs none of this. May be repeated.
    """
    from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance as Rebalance

    join_leader = Rebalance._on_join_leader
    if getattr(join_leader, "soothed", False):
        return

    async def after_the_followers(self: Any, response: Any) -> Any:
        await asyncio.sleep(0.15)
        return await join_leader(self, response)

    after_the_followers.soothed = True  # type: ignore[attr-defined]
    Rebalance._on_join_leader = after_the_followers


def _topics(text: str) -> dict[str, int]:
    """Reads `name:partitions,...`; a topic without a number has one partition."""
    named = (part.rpartition(":") if ":" in part else (part, ":", "1") for part in text.split(",") if part)
    return {name: int(partitions) for name, _, partitions in named}


def main(arguments: list[str] | None = None) -> None:
    """Runs a broker until standard input closes; says its address on standard output, or in a file."""
    parser = argparse.ArgumentParser(prog="agents.embedded.broker", description=main.__doc__)
    parser.add_argument("--topics", type=_topics, default={}, help="name:partitions,...")
    parser.add_argument("--bootstrap-file", type=Path, help="write the address here instead of on standard output")
    options = parser.parse_args(arguments)
    with EmbeddedBroker() as broker, suppress(KeyboardInterrupt):
        for name, partitions in options.topics.items():
            broker.create_topic(name, partitions)
        if options.bootstrap_file is None:
            print(broker.bootstrap, flush=True)
        else:
            draft = options.bootstrap_file.with_suffix(".draft")
            draft.write_text(broker.bootstrap)
            draft.replace(options.bootstrap_file)  # whoever waits for the file never sees half of it
        sys.stdin.read()


if __name__ == "__main__":
    main()
