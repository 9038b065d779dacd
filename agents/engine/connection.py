"""How to reach Kafka, in the words of aiokafka's clients and of Faust's settings."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT
from msgspec import Struct, field

from agents.engine.exits import UNREACHED, Code
from stream.record import Stop

_T = TypeVar("_T")


class Connection(Struct, frozen=True, kw_only=True):
    """One cluster. `bootstrap` is host:port, comma separated; `embedded` = librdkafka's in-process cluster."""

    bootstrap: str
    embedded: bool = False
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None)
    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None
    lost: float = 60.0  # seconds without an answer until the cluster counts as gone

    def __repr__(self) -> str:
        return f"Connection({self.bootstrap!r}, {self.security})"  # never the password

    def ssl_context(self) -> ssl.SSLContext | None:
        """None where the connection is not encrypted. Raises OSError for files that cannot be read."""
        if "SSL" not in self.security.split("_"):
            return None
        context = ssl.create_default_context(cafile=self.cafile)
        if self.certfile:
            context.load_cert_chain(self.certfile, self.keyfile)
        return context

    def client(self) -> dict[str, Any]:
        """Arguments for aiokafka's consumers and producers."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security,
            "ssl_context": self.ssl_context(),
        }
        if self.security.startswith("SASL"):
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    def faust(self) -> dict[str, Any]:
        """Faust's settings `broker` and `broker_credentials`."""
        return {"broker": "kafka://" + self.bootstrap.replace(",", ";"), "broker_credentials": self._credentials()}

    def _credentials(self) -> CredentialsT | None:
        context = self.ssl_context()
        if self.security.startswith("SASL"):
            return SASLCredentials(
                username=self.username, password=self.password, mechanism=self.mechanism, ssl_context=context
            )
        return SSLCredentials(context) if context else None


async def persist(ask: Callable[[], Awaitable[_T]], seconds: float) -> _T:
    """What `ask` gives; asks again while no broker answers, for `seconds` from the first time on."""
    loop = asyncio.get_running_loop()
    until: float | None = None
    while True:
        try:
            return await ask()
        except UNREACHED:
            until = until or loop.time() + seconds
            if loop.time() >= until:
                raise
        await asyncio.sleep(0.5)


async def reach(connection: Connection, *, seconds: float = 20.0) -> None:
    """Returns once a broker has answered. Raises Stop (75) if none does within `seconds`."""
    error: Exception | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await _answers(connection)
                except (KafkaError, OSError) as refused:
                    error = refused
                await asyncio.sleep(0.5)
    except TimeoutError:
        words = f" ({error})" if error else ""
        raise Stop(
            Code.BROKER,
            f"no answer from Kafka at {connection.bootstrap} within {seconds:g} s{words}; "
            "see that it runs, and that the address and the credentials in the settings are right",
        ) from error


async def _answers(connection: Connection) -> None:
    admin = AIOKafkaAdminClient(**connection.client(), request_timeout_ms=5_000)
    try:
        await admin.start()
    finally:
        await admin.close()
