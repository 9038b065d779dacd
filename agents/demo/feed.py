"""Synthetic customers for a pipe on a real Kafka: a week of history, then live traffic, until a signal.

`python -m agents.demo.feed` takes the settings of JOURNEYWATCH_SETTINGS; docker-compose.yml runs it under the profile
`demo`. Started again it begins with other customers, so that nothing is a repeat of what was.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import msgspec
from aiokafka import AIOKafkaProducer

from agents.commands.common import reached
from agents.demo.traffic import CUSTOMERS, RATE, STEP, now
from agents.setup import connection
from agents.topics import raw
from stream.infra import settings
from stream.infra.sections import Kafka
from stream.infra.world import journeys

DAYS = 7  # of history: all of it is within what is kept of sessions

_encode = msgspec.json.Encoder().encode


async def feed(kafka: Kafka, stop: asyncio.Event) -> int:
    """Sends until `stop`; how many records that were. Times of the log are the broker's own."""
    live = now()
    world = journeys(CUSTOMERS, live, live % 1_000_000, RATE, history_days=DAYS)
    sent = 0
    async with reached(kafka), AIOKafkaProducer(**connection(kafka).client(), linger_ms=5) as producer:
        while not stop.is_set():
            for _, event in world.until(now()):
                if event["subject"].startswith("customer-"):
                    event["subject"] += f"-{live}"
                await producer.send(raw("cloudevents"), _encode(event), key=event["subject"].encode())
                sent += 1
            await asyncio.sleep(STEP)
    return sent


async def main() -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sent = await feed(settings.load().kafka, stop)
    print(f"{sent:,} records on {raw('cloudevents')}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
