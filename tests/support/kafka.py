"""A real Apache Kafka (KRaft) of one or more brokers on this machine, from the jars of tests/support/kafka."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from agents.embedded.child import Child, free_port, listening
from tests.support.tools import ROOT, find, missing

POM = ROOT / "tests/support/kafka/pom.xml"
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
LIBS = ROOT / ".cache/kafka/libs"


def fetch() -> str | None:
    """Has Maven bring Kafka's jars into LIBS unless they are there; returns the tool that this lacks, if any."""
    stamp, pom = LIBS / ".fetched", POM.read_text()
    if stamp.exists() and stamp.read_text() == pom:
        return None
    if not shutil.which("mvn"):
        return "mvn"
    LIBS.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=LIBS.parent))  # renamed when whole, so that a broken fetch is never used
    command = [
        "mvn",
        "-q",
        "-B",
        "-Dstyle.color=never",
        "-f",
        str(POM),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={draft}",
    ]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        return "Kafka from Maven"
    (draft / ".fetched").write_text(pom)
    shutil.rmtree(LIBS, ignore_errors=True)
    draft.rename(LIBS)
    return None


def jars() -> Path:
    """The directory of Kafka's jars; without Java or Maven the test ends here."""
    find("java")
    lacking = fetch()
    return missing(lacking) if lacking else LIBS


def _brokers(admin: AdminClient) -> int:
    try:
        return len(admin.list_topics(timeout=5).brokers)
    except KafkaException:
        return 0


def _properties(home: Path, number: int, port: int, quorum: int, voters: str, size: int) -> dict[str, str]:
    replicas = str(min(size, 3))
    return {
        "process.roles": "broker,controller",
        "node.id": str(number),
        "controller.quorum.voters": voters,
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{quorum}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(home / "data"),
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.backoff.ms": "1000",
        "auto.create.topics.enable": "false",
    }


def _fronted(settings: dict[str, str], front: tuple[int, int]) -> dict[str, str]:
    """With a second listener: the port at which it listens, and the one that clients of it are told."""
    listens, told = front
    return settings | {
        "listeners": f"{settings['listeners']},FRONT://127.0.0.1:{listens}",
        "advertised.listeners": f"{settings['advertised.listeners']},FRONT://127.0.0.1:{told}",
        "listener.security.protocol.map": f"{settings['listener.security.protocol.map']},FRONT:PLAINTEXT",
    }


class Node:
    """One broker and controller: a directory, two ports, and a process while it runs."""

    def __init__(self, libs: Path, directory: Path, settings: Mapping[str, str], port: int) -> None:
        self.port = port
        self._java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", QUIET, "-cp", f"{libs}/*"]
        self._directory = directory
        self._properties = directory / "server.properties"
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._process: Child | None = None

    def format(self, cluster: str, *more: str) -> None:
        arguments = ["format", "-t", cluster, "-c", str(self._properties), *more]
        subprocess.run([*self._java, "kafka.tools.StorageTool", *arguments], check=True, capture_output=True)

    def start(self) -> None:
        """Starts the process, also again after `stop` or `kill`, and does not wait for it (see `wait`)."""
        command = [*self._java, "kafka.Kafka", str(self._properties)]
        self._process = Child(command, ready=lambda: True, log=self._directory / "log.txt")

    def wait(self) -> None:
        """Returns when the broker accepts connections. One of several does so once most controllers run."""
        self.process.wait(lambda: listening(self.port), seconds=60)

    @property
    def process(self) -> Child:
        assert self._process is not None, "this broker was not started"
        return self._process

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        if self._process is not None:
            self._process.close(seconds=5)


class Kafka:
    """A cluster of `size` brokers under `directory`; `bootstrap` is its address. Close it, or use `with`.

    `front` = (port, port that clients are told): a single broker listens there too, for what stands between them.
    """

    def __init__(
        self,
        directory: Path,
        *,
        size: int = 1,
        settings: Mapping[str, str] | None = None,
        front: tuple[int, int] | None = None,
    ) -> None:
        libs = jars()
        ports = [(free_port(), free_port()) for _ in range(size)]
        voters = ",".join(f"{number}@127.0.0.1:{quorum}" for number, (_, quorum) in enumerate(ports, 1))
        self.nodes: list[Node] = []
        for number, (port, quorum) in enumerate(ports, 1):
            home = directory / f"broker-{number}"
            home.mkdir(parents=True)
            described = _properties(home, number, port, quorum, voters, size) | dict(settings or {})
            if front is not None:
                described = _fronted(described, front)
            self.nodes.append(Node(libs, home, described, port))
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port, _ in ports)
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        cluster = "k" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]  # no option: it may begin with "-"
        for node in self.nodes:
            node.format(cluster)
        for node in self.nodes:
            node.start()
        self.wait()

    def wait(self) -> None:
        """Returns when every node accepts connections and is a broker of the cluster."""
        for node in self.nodes:
            node.wait()
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2})
        self.nodes[0].process.wait(lambda: _brokers(admin) == len(self.nodes), seconds=60)

    def close(self) -> None:
        # All at once: a broker's orderly end asks the controllers, and needs most of them.
        with ThreadPoolExecutor() as together:
            list(together.map(Node.stop, self.nodes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


if __name__ == "__main__":
    fetch()
