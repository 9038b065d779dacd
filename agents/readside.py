"""What stands in Redis, against what the tables and journey.alerts say, which were held against the log before.

The pipe may go on meanwhile, and Redis is told a little later. So a difference counts if it stands: for as long as we
wait the tables say the same of a thing, and Redis the same other. And what was the same once is right: some readings
are another with every tick, as the age of what is open, and at many a look Redis does not have the newest yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
from redis.exceptions import RedisError

from agents.setup import Setup
from agents.verify import Change, Live, Place, changes, empty, ledgers, opened, said, shown
from stream.aggregates import KpiPartition
from stream.claims import Alert
from stream.readings import Reading
from stream.summaries import OWN

PATIENCE = 30.0  # s that Redis may be behind: readings are shown every few seconds
BETWEEN = 1.0  # s from look to look

Words = dict[str, str]  # what is said, by what it is said of

_alert = msgspec.json.Decoder(Alert).decode
_reading = msgspec.json.Decoder(Reading).decode


async def redis(made: Setup, live: Live) -> tuple[list[str], list[str]]:
    """The differences of what Redis shows, and notes on what could not be compared. `live` = a first look."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    readings, alerts = live.readings, live.open
    standing = Standing()
    while True:
        try:
            standing.look(_told(readings, alerts), await _shown(made, readings))
        except (RedisError, OSError) as error:
            return [], [f"Redis was not compared: {type(error).__name__}: {error}"]
        if standing.settled or loop.time() > until:
            return standing.lines(), standing.notes()
        await asyncio.sleep(BETWEEN)
        readings, alerts = await _tables(made), opened([value async for _, value in changes(made)])


class Standing:
    """What differed at every look: how, if it was the same each time."""

    def __init__(self) -> None:
        self._differed: dict[str, tuple[str | None, str | None] | None] = {}  # None = not always as before
        self._looked = False

    def look(self, then: Words, now: Words) -> None:
        """What the tables say, and what Redis says."""
        whats = dict.fromkeys([*then, *now])
        differ = {what: (then.get(what), now.get(what)) for what in whats if then.get(what) != now.get(what)}
        known = self._differed if self._looked else differ
        self._differed = {
            what: both if differ[what] == both else None for what, both in known.items() if what in differ
        }
        self._looked = True

    @property
    def settled(self) -> bool:
        """Whether everything of the first look was found to be right."""
        return not self._differed

    def lines(self) -> list[str]:
        return [
            f"{what}: Redis says {both[1] or 'nothing'}, the log says {both[0] or 'nothing'}"
            for what, both in sorted(self._differed.items())
            if both is not None
        ]

    def notes(self) -> list[str]:
        n = list(self._differed.values()).count(None)
        return [f"Redis: {n:,} readings and alerts changed meanwhile and were not compared"] if n else []


async def _tables(made: Setup) -> dict[Place, Reading]:
    """All readings, as the tables of panes are now."""
    d, found = made.definitions, made.plugins
    readings: dict[Place, Reading] = {}
    for m, ledger in enumerate(await ledgers(made, "kpis", "panes", d.kpi_partitions)):
        watches = tuple(found.watches.values())
        readings |= shown(KpiPartition(d, made.revision, found.kpis, watches, m, ledger.rows, ledger.meta))
    return readings


async def _shown(made: Setup, asked: Mapping[Place, Reading]) -> Words:
    """What Redis says of these readings, and of all open alerts. Raises RedisError."""
    readings: dict[Place, Reading] = {}
    for kpi in dict.fromkeys(kpi for kpi, _ in asked):
        found = await _hash(made, f"readings:{kpi}")
        # A label that is no longer among the largest may still have its row.
        rows = {(kpi, name.decode()): value for name, value in found.items()}
        readings |= {place: _reading(value) for place, value in rows.items() if place in asked}
    alerts = [_alert(value) for value in (await _hash(made, "alerts")).values()]
    return _told(readings, {a.id: (a.id, a.episode, a.version) for a in alerts if a.signal not in OWN})


def _told(readings: Mapping[Place, Reading], alerts: Mapping[str, Change]) -> Words:
    """In words; without the readings over all of time, which Redis does not show, and those of nothing."""
    words = {
        f"{kpi} {field}": said(reading)
        for (kpi, field), reading in readings.items()
        if not field.startswith("all|") and not empty(reading)
    }
    return words | {f"alert {id}": f"open (episode {e}, version {v})" for id, (_, e, v) in alerts.items()}


async def _hash(made: Setup, name: str) -> dict[bytes, bytes]:
    assert made.redis is not None  # the caller looked
    return await made.redis.hash(name)
