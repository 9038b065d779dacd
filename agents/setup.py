"""What every role of a worker is made from: settings read, plug-ins found, the cluster, the counters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct, field

from agents import topics
from agents.engine.connection import Connection
from agents.engine.exits import OnStop, die
from agents.engine.hop import HopSpec
from agents.engine.owner import Beside, Factory, TableSpec
from agents.engine.pieces import Pieces
from agents.engine.tables import TableHop
from stream.definitions import Definitions
from stream.infra import plugins
from stream.infra.plugins import Plugins
from stream.infra.redis_side import ReadSide, base
from stream.infra.sections import Kafka, Redis
from stream.infra.settings import Settings
from stream.infra.telemetry import RedisTelemetry, Telemetry
from stream.plan import Plan
from stream.readings import Reading


class Setup(Struct, frozen=True):
    """One worker's. `readings` = the newest of each KPI whose partition is ours, for /metrics."""

    settings: Settings
    plugins: Plugins
    plan: Plan
    revision: str
    connection: Connection
    telemetry: Telemetry
    redis: ReadSide | None
    readings: dict[str, list[Reading]]
    on_stop: OnStop = die
    pieces: Pieces = field(default_factory=Pieces)  # of all roles: they share the loop

    @property
    def definitions(self) -> Definitions:
        return self.settings.definitions

    @property
    def redis_base(self) -> str:
        return base(self.settings.redis.prefix, self.definitions.run)

    def table_hop(
        self, role: str, table: str, source: tuple[str, int], factory: Factory, beside: Callable[[Any], Beside] | None
    ) -> TableHop:
        """A hop with a table, from `source` = (topic, partitions)."""
        run = self.definitions.run
        loss = self.settings.kafka.allow_loss
        spec = HopSpec(role=role, app_id=topics.app_id(role, run), sources=dict([source]), loss=loss)
        tables = TableSpec(
            changelog=topics.changelog(role, table, run),
            factory=factory,
            run=run,
            revision=self.revision,
            partitions=source[1],
            beside=beside,
        )
        return TableHop(spec, tables, self.connection, self.telemetry.hop(role), self.on_stop, self.pieces)


def connection(kafka: Kafka, *, embedded: bool = False) -> Connection:
    """The cluster that settings name."""
    return Connection(
        bootstrap=kafka.bootstrap,
        embedded=embedded,
        security=kafka.security,
        mechanism=kafka.mechanism,
        username=kafka.username or None,
        password=kafka.password or None,
        cafile=kafka.ca_file or None,
        certfile=kafka.cert_file or None,
        keyfile=kafka.key_file or None,
        lost=kafka.lost / 1000,
    )


def setup(settings: Settings, *, embedded: bool = False, on_stop: OnStop = die, found: Plugins | None = None) -> Setup:
    """Finds and tunes the plug-ins, unless they are given. Raises Faults and PluginFault. Call it inside the loop."""
    found = plugins.load(settings) if found is None else found
    plan = Plan(found.kpis.values(), found.signals.values(), found.watches.values())
    revision = settings.definitions.revision(plan.plugins)
    telemetry = Telemetry(revision=revision)
    return Setup(
        settings=settings,
        plugins=found,
        plan=plan,
        revision=revision,
        connection=connection(settings.kafka, embedded=embedded),
        telemetry=telemetry,
        redis=_read_side(settings, telemetry),
        readings={},
        on_stop=on_stop,
    )


def _read_side(settings: Settings, telemetry: Telemetry) -> ReadSide | None:
    redis = settings.redis
    if not redis.url:
        return None
    telemetry.redis = RedisTelemetry()
    return ReadSide(_address(redis), base(redis.prefix, settings.definitions.run), telemetry.redis)


def _address(redis: Redis) -> str:
    """The URL with credentials and files of TLS in it, as redis-py takes them."""
    files = {"ssl_ca_certs": redis.ca_file, "ssl_certfile": redis.cert_file, "ssl_keyfile": redis.key_file}
    options = urlencode({name: file for name, file in files.items() if file})
    url = f"{redis.url}{'&' if '?' in redis.url else '?'}{options}" if options else redis.url
    if not redis.password:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(redis.username, safe='')}:{quote(redis.password, safe='')}@{rest.rpartition('@')[2]}"
