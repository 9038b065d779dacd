"""Traffic for a worker on the embedded broker: some weeks of a generated world at their own times, then live.

`python -m tests.support.feed BOOTSTRAP [CUSTOMERS]` runs until SIGTERM. The broker has no time of its own and so the
pipe does not tick: the clock's ticks come from here. Now and then a record is junk, as in life.
"""

from __future__ import annotations

import asyncio
import sys
import time

import msgspec
from aiokafka import AIOKafkaProducer

from agents import topics
from stream.infra.world import journeys
from stream.ticks import tick

TOPIC = topics.raw("cloudevents")
CUSTOMERS, RATE, DAYS, SEED = 300, 10.0, 40, 7
STEP = 0.25  # s


def now() -> int:
    return time.time_ns() // 1_000_000


async def feed(bootstrap: str, customers: int) -> None:
    """Until it is cancelled."""
    live = now()
    world = journeys(customers, live, SEED, RATE, history_days=DAYS)
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5) as producer:
        while True:
            at = now()
            for heard, event in world.until(at):
                key = event["subject"].encode()
                await producer.send(TOPIC, msgspec.json.encode(event), key=key, timestamp_ms=heard)
            await producer.send(TOPIC, tick(0, at).value, key=b"clock", timestamp_ms=at)
            if at // 1000 % 5 == 0:
                await producer.send(TOPIC, b"junk", timestamp_ms=at)
            await asyncio.sleep(STEP)


if __name__ == "__main__":
    asyncio.run(feed(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else CUSTOMERS))
