"""One way to the cluster, for every client; and a clear word when there is none."""

from __future__ import annotations

import pytest
from aiokafka.errors import CorruptRecordException, KafkaConnectionError, LeaderNotAvailableError
from faust.auth import SASLCredentials, SSLCredentials

from agents.embedded.child import free_port
from agents.engine.connection import Connection, persist, reach
from agents.engine.exits import Code
from stream.record import Stop


def test_plain() -> None:
    connection = Connection(bootstrap="a:1,b:2")
    assert connection.client() == {
        "bootstrap_servers": "a:1,b:2", "security_protocol": "PLAINTEXT", "ssl_context": None,
    }  # fmt: skip
    assert connection.faust() == {"broker": "kafka://a:1;b:2", "broker_credentials": None}


def test_with_a_password_over_tls() -> None:
    connection = Connection(bootstrap="a:1", security="SASL_SSL", username="u", password="secret")
    client, credentials = connection.client(), connection.faust()["broker_credentials"]
    assert client["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (client["sasl_plain_username"], client["sasl_plain_password"]) == ("u", "secret")
    assert client["ssl_context"].check_hostname
    assert isinstance(credentials, SASLCredentials)
    assert credentials.ssl_context is not None
    assert (credentials.username, credentials.password) == ("u", "secret")
    assert "secret" not in repr(connection)


def test_tls_alone() -> None:
    assert isinstance(Connection(bootstrap="a:1", security="SSL").faust()["broker_credentials"], SSLCredentials)


async def test_what_no_broker_answers_is_asked_again_for_a_while() -> None:
    left = [KafkaConnectionError("away"), LeaderNotAvailableError("away")]

    async def ask() -> str:
        if left:
            raise left.pop()
        return "here"

    assert await persist(ask, 60) == "here"
    left.append(KafkaConnectionError("away"))
    with pytest.raises(KafkaConnectionError):
        await persist(ask, 0)
    left.append(CorruptRecordException("odd"))  # another matter
    with pytest.raises(CorruptRecordException):
        await persist(ask, 60)


async def test_no_broker_is_said_within_the_time_given() -> None:
    port = free_port()
    with pytest.raises(Stop) as stopped:
        await reach(Connection(bootstrap=f"127.0.0.1:{port}"), seconds=1.0)
    assert stopped.value.code == Code.BROKER
    assert f"127.0.0.1:{port}" in str(stopped.value)
