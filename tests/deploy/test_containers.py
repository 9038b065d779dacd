"""What the containers of docker-compose.yml run, run here without Docker: their files, commands and health checks.

Kafka is set up and formatted by the class that its image's entry point calls. Addresses and the places of files
differ; nothing else does.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec
import pytest
from msgspec import Struct
from redis import Redis

from agents.cli import ROLES
from agents.embedded.child import Child, free_port, listening
from tests.support import tools
from tests.support.compose import SERVICES, environment
from tests.support.kafka import QUIET, jars
from tests.support.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]
BIN = Path(sys.executable).parent
PIPE, REDIS = "kafka:19092", "redis:6379"


class Pipe(Struct, frozen=True):
    """Kafka and Redis as the compose file starts them, and what our services need to reach them."""

    bootstrap: str
    redis: int
    directory: Path
    environ: dict[str, str]

    def journeywatch(self, *command: str, **more: str) -> dict[str, Any]:
        """Arguments for a process as one of our services."""
        return {"environment": self.environ | more, "command": [str(BIN / "journeywatch"), *command]}


def java(*arguments: str, environ: dict[str, str] | None = None) -> list[str]:
    heap = (environ or {}).get("KAFKA_HEAP_OPTS", "-Xmx128m").split()
    return ["java", *heap, "-XX:TieredStopAtLevel=1", QUIET, "-cp", f"{jars()}/*", *arguments]


def kafka(directory: Path, stack: ExitStack) -> str:
    """As the image's `configure` does: deploy/kafka over its defaults, then the environment; then the broker."""
    ports = {name: free_port() for name in ("PIPE", "HOST", "CONTROLLER")}
    listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    environ = SERVICES["kafka"]["environment"] | {
        "KAFKA_LISTENERS": listeners,
        "KAFKA_ADVERTISED_LISTENERS": listeners.rpartition(",")[0],
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@127.0.0.1:{ports['CONTROLLER']}",
        "KAFKA_LOG_DIRS": str(directory / "data"),
        "CLUSTER_ID": "5L6g3nShT-eMCtK--X86sw",
    }
    defaults, final = directory / "defaults", directory / "config"
    for folder in (defaults, final):
        folder.mkdir()
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (defaults / name).write_text("")
    places = {"--default-configs-dir": defaults, "--mounted-configs-dir": tools.ROOT / "deploy/kafka"}
    arguments = [str(part) for pair in {**places, "--final-configs-dir": final}.items() for part in pair]
    command = java("kafka.docker.KafkaDockerWrapper", "setup", *arguments)
    made = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    broker = java("kafka.Kafka", str(final / "server.properties"), environ=environ)

    def ready() -> bool:
        return listening(ports["PIPE"]) and listening(ports["HOST"])

    stack.enter_context(Child(broker, ready=ready, log=directory / "kafka.log", seconds=150))
    return f"127.0.0.1:{ports['PIPE']}"


def redis(directory: Path, stack: ExitStack) -> int:
    tools.find("redis-server")
    port = free_port()
    conf = (tools.ROOT / "deploy/redis/redis.conf").read_text().replace("port 6379", f"port {port}")
    (directory / "redis.conf").write_text(conf)
    environ = os.environ | {
        "REDIS_CONF": str(directory / "redis.conf"),
        "REDIS_PASSWORD_FILE": str(directory / "redis_password"),
    }
    start = ["sh", str(tools.ROOT / "deploy/redis/start.sh")]
    log = directory / "redis.log"
    stack.enter_context(Child(start, ready=lambda: listening(port), log=log, environment=environ))
    return port


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipe]:
    directory = tmp_path_factory.mktemp("compose")
    with ExitStack() as stack:
        bootstrap = kafka(directory, stack)
        environment(directory)  # makes the secrets
        port = redis(directory, stack)
        named = environment(directory, **{PIPE: bootstrap, f"//{REDIS}": f"//127.0.0.1:{port}"})
        yield Pipe(bootstrap, port, directory, {"PATH": os.environ["PATH"], **named})


def test_kafka_is_healthy(pipe: Pipe) -> None:
    """The class that the script of the health check runs."""
    kind, check = SERVICES["kafka"]["healthcheck"]["test"]
    heap, script, *arguments = check.removesuffix(" >/dev/null").split()
    assert (kind, heap) == ("CMD-SHELL", "KAFKA_HEAP_OPTS=-Xmx128m")
    assert script == "/opt/kafka/bin/kafka-broker-api-versions.sh"
    assert arguments == ["--bootstrap-server", "localhost:19092"]
    arguments[-1] = pipe.bootstrap
    command = java("org.apache.kafka.tools.BrokerApiVersionsCommand", *arguments)
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_redis_asks_for_its_password(pipe: Pipe) -> None:
    """The health check knows it; nobody finds it in the list of processes."""
    kind, check = SERVICES["redis"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    check = check.replace("$$", "$").replace("/run/secrets", str(pipe.directory))
    check = check.replace("redis-cli", f"redis-cli -p {pipe.redis}")
    assert subprocess.run(["sh", "-c", check], check=False).returncode == 0
    (pipe.directory / "redis_password").rename(pipe.directory / "away")
    assert subprocess.run(["sh", "-c", check], check=False, capture_output=True).returncode != 0
    (pipe.directory / "away").rename(pipe.directory / "redis_password")
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "secret-of-redis_password" not in processes


def test_a_redis_without_a_password_does_not_start(pipe: Pipe, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    environ = os.environ | {"REDIS_PASSWORD_FILE": str(tmp_path / "empty"), "REDIS_CONF": "/dev/null"}
    command = ["sh", str(tools.ROOT / "deploy/redis/start.sh")]
    assert subprocess.run(command, env=environ, check=False, capture_output=True, timeout=20).returncode == 1


def get(url: str, token: str = "") -> tuple[int, str]:
    try:
        with urlopen(Request(url, headers={"Authorization": f"Bearer {token}"} if token else {}), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""


def healthy(role: str, port: int) -> bool:
    _, _, *arguments = SERVICES[role]["healthcheck"]["test"]
    arguments[-1] = arguments[-1].replace("9464", str(port))
    return subprocess.run([sys.executable, *arguments], check=False, capture_output=True).returncode == 0


def make_topics(pipe: Pipe) -> None:
    made = pipe.journeywatch(*SERVICES["topics"]["command"])
    said = subprocess.run(made["command"], env=made["environment"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "as they should be" in said.stdout


@pytest.mark.parametrize(
    ("service", "program"), [("prometheus", "prometheus"), ("alertmanager", "prometheus-alertmanager")]
)
def test_the_watchers_take_their_arguments(service: str, program: str, tmp_path: Path) -> None:
    """With the configuration that is mounted; healthy by the path that the health check asks for."""
    path, port = tools.find(program), free_port()
    told = SERVICES[service]
    arguments = [arg.replace(f"/etc/{service}", str(tools.ROOT / f"deploy/{service}")) for arg in told["command"]]
    arguments = [arg.replace(f"path=/{service}", f"path={tmp_path}") for arg in arguments]
    health = told["healthcheck"]["test"][-1].replace(told["ports"][0].split(":")[1], str(port))
    command = [str(path), *arguments, f"--web.listen-address=127.0.0.1:{port}"]
    with Child(command, ready=lambda: listening(port), log=tmp_path / "log"):
        assert get(health)[0] == 200


async def test_topics_then_workers_then_customers(pipe: Pipe) -> None:
    """As `docker compose --profile demo up` goes: all healthy, readings come out, no secret is told, all end well."""
    await asyncio.to_thread(make_topics, pipe)
    ports = {role: free_port() for role in ROLES}
    workers: dict[str, Child] = {}
    store = Redis(port=pipe.redis, password="secret-of-redis_password")
    with ExitStack() as stack:
        for role in ROLES:
            run = pipe.journeywatch(*SERVICES[role]["command"], JOURNEYWATCH_METRICS__PORT=str(ports[role]))
            log = pipe.directory / f"{role}.log"
            workers[role] = stack.enter_context(Child(**run, ready=lambda: True, log=log))
        for role in ROLES:
            await until(lambda: healthy(role, ports[role]), 120)  # noqa: B023
        _, *feed = SERVICES["demo"]["entrypoint"]
        customers = Child(
            [sys.executable, *feed], ready=lambda: True, log=pipe.directory / "demo.log", environment=pipe.environ
        )
        stack.enter_context(customers)
        await until(lambda: bool(store.hlen("journeywatch:1:readings:ticket_volume")), 120)
        metrics = f"http://127.0.0.1:{ports['journeys']}/metrics"
        assert get(metrics)[0] == 401
        status, text = get(metrics, "secret-of-metrics_token")
        assert status == 200
        assert "journey_processed_records_total" in text
        for child in (customers, *reversed(workers.values())):
            child.close(40)
            assert child.code == 0
    for log in pipe.directory.glob("*.log"):
        assert "secret-of" not in log.read_text(), log.name
    lines = [msgspec.json.decode(line) for line in (pipe.directory / "delivery.log").read_text().splitlines()]
    slow = "aiokafka.consumer.group_coordinator"  # it calls a heartbeat that comes late an error
    ours = [line for line in lines if line["logger"] != slow]
    assert [line for line in ours if line["level"] not in ("info", "warning")] == []
    store.close()
