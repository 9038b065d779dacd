"""Alerts of a running worker on a real Kafka: they arrive in a real Alertmanager and resolve there, also while Redis
is away; Redis is filled when it comes, and again when it is back.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from redis import Redis

from agents.embedded.child import Child, free_port, listening
from tests.support import tools
from tests.support.alertmanager import Alertmanager
from tests.support.live import Pipe, health, metrics


class OwnRedis:
    """A Redis at a known place that comes and goes."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._home = home
        self._child: Child | None = None

    def start(self) -> None:
        program = str(tools.find("redis-server"))
        command = [program, "--port", str(self.port), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        self._child = Child(command, ready=lambda: listening(self.port), log=self._home / "redis.log")

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def alerts(self) -> set[str]:
        """Tickets of the open alerts."""
        with Redis.from_url(self.url) as client:
            found: Any = client.hvals("journeywatch:1:alerts")
        return {json.loads(value)["cause"] for value in found}

    def readings(self, kpi: str) -> dict[str, Any]:
        with Redis.from_url(self.url) as client:
            found: Any = client.hgetall(f"journeywatch:1:readings:{kpi}")
        return {name.decode(): json.loads(value) for name, value in found.items()}


@pytest.fixture
def redis(redis_server: Any, tmp_path: Path) -> Iterator[OwnRedis]:
    """`redis_server` is asked for the marker's sake."""
    redis = OwnRedis(tmp_path)
    yield redis
    redis.kill()


@pytest.fixture
def pipe(kafka_cluster: Any, alertmanager: Alertmanager, redis: OwnRedis, tmp_path: Path) -> Iterator[Pipe]:
    more = f'[sinks.alertmanager]\nurl = "{alertmanager.url}"'
    pipe = Pipe(tmp_path, kafka_cluster(size=1).bootstrap, redis=redis.url, log="partitions = 3", more=more)
    yield pipe
    pipe.kill()


def send(pipe: Pipe, ticket: str, *kinds: tuple[str, dict[str, str]]) -> None:
    """Events of a customer's ticket, the last of them just now."""
    now = datetime.now(UTC) - timedelta(seconds=len(kinds))
    lines = [
        {
            "specversion": "1.0", "id": f"{ticket}-{kind}-{place}", "source": "desk", "type": kind,
            "time": (now + timedelta(seconds=place)).isoformat(), "subject": f"customer-of-{ticket}",
            "data": {"ticket": ticket, **data},
        }
        for place, (kind, data) in enumerate(kinds)
    ]  # fmt: skip
    file = pipe.home / f"{ticket}.ndjson"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    pipe.well("send", file)


BACK_AND_FORTH = (
    ("ticket.opened", {"channel": "chat", "topic": "billing", "team": "a"}),
    ("ticket.transferred", {"to_team": "b"}),
    ("ticket.transferred", {"to_team": "a"}),
)
RESOLVED: tuple[str, dict[str, str]] = ("ticket.resolved", {})


def burning(alertmanager: Alertmanager) -> set[str]:
    """Summaries of the ping_pong alerts that are active there."""
    with urlopen(f"{alertmanager.url}/api/v2/alerts?active=true", timeout=5) as answer:
        alerts = json.load(answer)
    return {
        alert["annotations"]["summary"].split()[1] for alert in alerts if alert["labels"]["alertname"] == "ping_pong"
    }


def degraded(port: int) -> list[str]:
    with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
        found: list[str] = json.load(answer)["degraded"]
    return found


async def test_alerts_arrive_and_resolve_whether_redis_is_there_or_not(
    pipe: Pipe, alertmanager: Alertmanager, redis: OwnRedis
) -> None:
    pipe.well("topics", "--create")
    port = pipe.start().port  # type: ignore[attr-defined]
    await pipe.until(lambda: degraded(port) == ["redis"], "health names Redis, which is not there yet")
    assert health(port) == []

    send(pipe, "T-8801", *BACK_AND_FORTH)
    await pipe.until(lambda: "T-8801" in burning(alertmanager), "the alert arrives")
    redis.start()
    await pipe.until(lambda: "T-8801" in redis.alerts(), "Redis is filled")
    await pipe.until(lambda: "1h|" in redis.readings("ticket_volume"), "with readings, too")
    assert redis.readings("ticket_volume")["1h|"]["n"] == 1
    assert degraded(port) == []

    redis.kill()
    send(pipe, "T-8802", *BACK_AND_FORTH)
    await pipe.until(lambda: "T-8802" in burning(alertmanager), "the alert arrives without Redis")
    send(pipe, "T-8801", RESOLVED)
    await pipe.until(lambda: "T-8801" not in burning(alertmanager), "the alert resolves there")
    await pipe.until(lambda: degraded(port) == ["redis"], "health names Redis, which is gone")
    redis.start()
    await pipe.until(lambda: redis.alerts() == {"T-8802"}, "Redis is filled again")
    await pipe.until(lambda: redis.readings("ticket_volume").get("1h|", {}).get("n") == 2, "with readings, too")
    assert degraded(port) == []

    clean(metrics(port))
    pipe.stop()
    assert [worker.code for worker in pipe.workers] == [0]


def clean(text: str) -> None:
    """What Prometheus reads is well formed and names nobody."""
    assert 'journey_alerts_active{severity="queue",signal="ping_pong"}' in text
    for name in ("T-8801", "T-8802", "customer-of"):
        assert name not in text
    if promtool := shutil.which("promtool"):
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
