"""What stands in Redis, against what the tables and journey.alerts say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
from redis.exceptions import RedisError

from agents.setup import Setup
from agents.verify import Live, compared, ledgers
from stream.claims import Alert
from stream.readings import Reading
from stream.summaries import OWN

PATIENCE = 15.0  # s: readings are shown every few seconds

_alert = msgspec.json.Decoder(Alert).decode
_reading = msgspec.json.Decoder(Reading).decode


async def redis(made: Setup, live: Live) -> tuple[list[str], list[str]]:
    """The differences of what Redis shows, and notes on what could not be compared. It is given time to be told."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    while True:
        try:
            found = [*await _readings(made, live), *await _alerts(made, live)]
        except (RedisError, OSError) as error:
            return [], [f"Redis was not compared: {type(error).__name__}: {error}"]
        if not found:
            return [], []
        if live.rolled or live.moved or await _goes_on(made, live):
            return [], ["Redis was not compared: the pipe goes on; try when it is quiet"]
        if loop.time() > until:
            return found, []
        await asyncio.sleep(0.5)


async def _goes_on(made: Setup, live: Live) -> bool:
    """Whether anything was folded since the tables were read."""
    now = await ledgers(made, "kpis", "panes", made.definitions.kpi_partitions)
    return [ledger.end for ledger in now] != [ledger.end for ledger in live.panes]


async def _readings(made: Setup, live: Live) -> Iterator[str]:
    then = {place: reading for place, reading in live.readings.items() if not place[1].startswith("all|")}
    now: dict[tuple[str, str], Reading] = {}
    for kpi in dict.fromkeys(kpi for kpi, _ in then):
        found: dict[bytes, bytes] = await _hash(made, f"readings:{kpi}")
        # A label that is no longer among the largest may still have its row.
        now |= {(kpi, name.decode()): _reading(value) for name, value in found.items() if (kpi, name.decode()) in then}
    return compared(then, now, "Redis says")


async def _alerts(made: Setup, live: Live) -> list[str]:
    found = [_alert(value) for value in (await _hash(made, "alerts")).values()]
    now = {alert.id: (alert.id, alert.episode, alert.version) for alert in found if alert.signal not in OWN}
    return [
        f"alert {id} is {'not open' if id not in now else 'open'} in Redis, or in another version"
        for id in sorted(now.keys() | live.open.keys())
        if now.get(id) != live.open.get(id)
    ]


async def _hash(made: Setup, name: str) -> dict[bytes, bytes]:
    assert made.redis is not None  # the caller looked
    return await made.redis.hash(name)
