"""What commands that talk to Kafka share."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.errors import KafkaError

from agents.engine.exits import Code, as_stop
from stream.infra.sections import Kafka
from stream.record import Stop


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
        mend = "or set kafka.bootstrap" if kafka.security == "PLAINTEXT" else "and that all of [kafka] is right"
        words = f"no Kafka at {kafka.bootstrap}; see that it runs, {mend} ({error})"
        raise Stop(Code.BROKER, words) from error
