"""A worker whose Kafka asks for SCRAM over TLS, and whose Redis speaks TLS: settings by file, nothing in the clear."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from redis import Redis

from agents.cli import main
from agents.embedded.child import Child
from tests.support.tls import PASSWORD, USER, certificates, secure_kafka, secure_redis
from tests.support.tools import ROOT
from tests.support.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]
OF_REDIS = "a-password-of-redis"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with settings.toml and the secrets that it names; the servers run."""
    directory = tmp_path_factory.mktemp("tls")
    pem = certificates(directory)
    (directory / "kafka_password").write_text(PASSWORD)
    (directory / "redis_password").write_text(OF_REDIS)
    with ExitStack() as stack:
        bootstrap = stack.enter_context(secure_kafka(directory, pem))
        url = stack.enter_context(secure_redis(directory, pem, OF_REDIS))
        (directory / "settings.toml").write_text(
            f'[kafka]\nbootstrap = "{bootstrap}"\nsecurity = "SASL_SSL"\nusername = "{USER}"\nca_file = "{pem.ca}"\n'
            f'password_file = "{directory}/kafka_password"\nreplication = 1\nmin_insync = 1\n'
            f'[redis]\nurl = "{url}"\npassword_file = "{directory}/redis_password"\nca_file = "{pem.ca}"\n'
            "[log]\npartitions = 3\nkpi_partitions = 1\n[metrics]\nport = 0\n"
            '[logging]\nlevel = "debug"\nformat = "json"\n'
        )
        yield directory


def event_of_now(directory: Path) -> Path:
    event = msgspec.json.decode((ROOT / "examples/events/ticket.opened.json").read_bytes())
    event["time"] = datetime.now(UTC).isoformat()
    del event["data"]["promised_by"]
    (directory / "event.json").write_bytes(msgspec.json.encode(event))
    return directory / "event.json"


async def test_the_whole_pipe_over_tls(home: Path) -> None:
    """Topics, a worker of all roles, events; readings come out in Redis; at `debug` no log line shows a password."""
    settings = str(home / "settings.toml")
    assert await asyncio.to_thread(main, ["topics", "--create", "--settings", settings]) == 0
    url = (home / "settings.toml").read_text().partition('url = "')[2].partition('"')[0]
    store = Redis.from_url(url, password=OF_REDIS, ssl_ca_certs=str(home / "server-ca.pem"))
    command = [sys.executable, "-m", "agents.cli", "worker", "--settings", settings]
    with Child(command, ready=lambda: True, log=home / "worker.log") as worker:
        example = str(event_of_now(home))
        await until(lambda: b"running intake" in (home / "worker.log").read_bytes(), 60)
        assert await asyncio.to_thread(main, ["send", example, "--settings", settings]) == 0
        await until(lambda: bool(store.hlen("journeywatch:1:readings:ticket_volume")), 60)
        worker.close(40)
        assert worker.code == 0
    store.close()
    said = (home / "worker.log").read_text()
    assert said
    assert PASSWORD not in said
    assert OF_REDIS not in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('kafka_password"', 'redis_password"'),
        ('username = "', 'username = "nobody-'),
        ('security = "SASL_SSL"', 'security = "SASL_PLAINTEXT"\nplaintext_credentials = true'),
        ("server-ca.pem", "other-ca.pem"),
    ],
    ids=["password", "user", "no-tls", "authority"],
)
def test_wrong_credentials_end_with_a_word(home: Path, tmp_path: Path, capsys, old: str, new: str) -> None:
    """Also where the broker's certificate is not of the authority that settings trust; no secret is in the word."""
    certificates(home, "other")
    text = (home / "settings.toml").read_text()
    assert old in text
    (tmp_path / "wrong.toml").write_text(text.replace(old, new, 1))
    with warnings.catch_warnings():  # the client may leave a connection open on which it was refused: seldom
        warnings.simplefilter("ignore", ResourceWarning)
        assert main(["topics", "--settings", str(tmp_path / "wrong.toml")]) == 75
        gc.collect()
    said = capsys.readouterr()
    assert "no Kafka at 127.0.0.1" in said.err
    assert "all of [kafka] is right" in said.err, "credentials may be at fault"
    assert PASSWORD not in said.err + said.out
