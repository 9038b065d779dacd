"""What the pipe says of itself, read as anyone would: /metrics, and the read side in Redis (docs/redis.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Iterable
from typing import Any, Self, cast

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Struct, field
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from redis.exceptions import RedisError

from stream.claims import Alert
from stream.infra.redis_side import base
from stream.infra.settings import Settings
from stream.readings import Reading

SHOWN = 30  # alerts of the head of the queue, and of the newest
READ = 3_000  # open alerts among which the newest are looked for, and that are counted
WINDOWS = ("now", "24h", "30d")  # of which readings are shown


class Queued(Alert, kw_only=True):
    """An open alert in its place of the queue: why it stands there."""

    as_if: int = 0
    why: list[str] = field(default_factory=list)


_queued = msgspec.json.Decoder(Queued).decode
_reading = msgspec.json.Decoder(Reading).decode


class Numbers(Struct):
    """What /metrics says: counts of the worker's life, and how much waits."""

    events: int = 0  # known and in order, folded by journeys
    folded: dict[str, int] = field(default_factory=dict)  # records, by role
    waiting: dict[str, int] = field(default_factory=dict)  # records, by role
    refused: dict[str, int] = field(default_factory=dict)  # dead letters, by reason
    turned_away: int = 0  # of them by intake: the journeys never heard of these
    opened: dict[str, int] = field(default_factory=dict)  # alerts, by signal

    @property
    def lag(self) -> int:
        return sum(self.waiting.values())


class Shown(Struct):
    """What Redis says: the head of the queue, the newest alerts, and the readings over all by (KPI, window)."""

    queue: list[Queued] = field(default_factory=list)
    newest: list[Queued] = field(default_factory=list)
    open: int = 0
    signals: dict[str, int] = field(default_factory=dict)  # open alerts by signal
    severities: dict[str, int] = field(default_factory=dict)  # and by severity
    readings: dict[tuple[str, str], Reading] = field(default_factory=dict)
    count: int = 0  # readings of all windows and cuts
    kpis: int = 0  # KPIs that have any


class Seen(Struct):
    """One look. `fault` = what could not be read, in words; the rest is then as it was."""

    numbers: Numbers = field(default_factory=Numbers)
    shown: Shown = field(default_factory=Shown)
    fault: str = ""


def metrics(settings: Settings) -> str:
    """The address of /metrics."""
    return f"http://127.0.0.1:{settings.metrics.port}/metrics"


def numbers(text: str) -> Numbers:
    """Reads the text format of Prometheus."""
    found = Numbers()
    by: dict[str, tuple[dict[str, int], str]] = {
        "journey_processed_records_total": (found.folded, "role"),
        "journey_consumer_lag_records": (found.waiting, "role"),
        "journey_dead_letter_total": (found.refused, "reason"),
    }
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels, n = sample.labels, sample.value
            if sample.name in by:
                counts, label = by[sample.name]
                _add(counts, labels[label], n)
            if sample.name == "journey_dead_letter_total" and labels["role"] == "intake":
                found.turned_away += int(n)
            elif sample.name == "journey_events_total" and labels["role"] == "journeys":
                found.events += int(n)
            elif sample.name == "journey_alert_changes_total" and labels["change"] == "opened":
                _add(found.opened, labels["signal"], n)
    return found


def _add(counts: dict[str, int], name: str, n: float) -> None:
    counts[name] = counts.get(name, 0) + int(n)


class Look:
    """Looks at a worker on this machine with these settings; `kpis` = the names of what may have readings."""

    def __init__(self, settings: Settings, kpis: Iterable[str]) -> None:
        redis, token = settings.redis, settings.metrics.token
        self._metrics = metrics(settings)
        self._kpis = list(kpis)
        self._base = base(redis.prefix, settings.definitions.run)
        self._redis = Redis.from_url(redis.url, socket_timeout=5.0)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._web = ClientSession(headers=headers, timeout=ClientTimeout(total=5.0))
        self.seen = Seen()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._web.close()
        await self._redis.aclose()

    async def again(self) -> Seen:
        """The newest; what does not answer stays as it was, and says so."""
        faults: list[str] = []
        try:
            self.seen.numbers = await self._numbers()
        except (ClientError, TimeoutError, OSError) as error:
            faults.append(f"/metrics does not answer ({type(error).__name__})")
        try:
            self.seen.shown = await self._shown()
        except (RedisError, TimeoutError, OSError) as error:
            faults.append(f"Redis does not answer ({type(error).__name__})")
        self.seen.fault = "; ".join(faults)
        return self.seen

    async def _numbers(self) -> Numbers:
        async with self._web.get(self._metrics) as answer:
            answer.raise_for_status()
            return numbers(await answer.text())

    async def _shown(self) -> Shown:
        alerts, queue = f"{self._base}:alerts", f"{self._base}:queue"
        ids = cast("list[bytes]", await self._redis.zrange(queue, 0, READ - 1))
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(queue)
            pipe.hmget(alerts, [*ids, b""])
            for kpi in self._kpis:
                pipe.hlen(f"{self._base}:readings:{kpi}")
                pipe.hmget(f"{self._base}:readings:{kpi}", [f"{window}|" for window in WINDOWS])
            size, bodies, *rows = await cast("Awaitable[list[Any]]", pipe.execute())
        ranked = [_queued(body) for body in bodies if body]
        readings = [_reading(row) for some in rows[1::2] for row in some if row]
        return Shown(
            queue=ranked[:SHOWN],
            newest=sorted(ranked, key=lambda alert: alert.opened, reverse=True)[:SHOWN],
            open=size,
            signals=Counter(alert.signal for alert in ranked),
            severities=Counter(alert.severity for alert in ranked),
            readings={(reading.kpi, reading.window): reading for reading in readings},
            count=sum(rows[::2]),
            kpis=sum(1 for n in rows[::2] if n),
        )
