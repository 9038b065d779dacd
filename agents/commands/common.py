"""What commands that talk to Kafka share."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError

from agents.engine.connection import Connection
from agents.engine.exits import Code, as_stop
from stream.infra.sections import Kafka
from stream.record import Stop


def connection(kafka: Kafka) -> dict[str, Any]:
    """Arguments for aiokafka's clients."""
    return Connection(
        bootstrap=kafka.bootstrap,
        security=kafka.security,
        mechanism=kafka.mechanism,
        username=kafka.username or None,
        password=kafka.password or None,
        cafile=kafka.ca_file or None,
        certfile=kafka.cert_file or None,
        keyfile=kafka.key_file or None,
    ).client()


@asynccontextmanager
async def reached(kafka: Kafka) -> AsyncIterator[None]:
    """Turns the client's errors into a Stop whose one line says what to do."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it says the same first, in many lines
    try:
        yield
    except KafkaError as error:
        stop = as_stop(error)
        if stop.code != Code.BROKER:
            raise stop from error
        words = f"no Kafka at {kafka.bootstrap}; see that it runs, or set kafka.bootstrap ({error})"
        raise Stop(Code.BROKER, words) from error
