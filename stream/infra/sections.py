"""The sections of a settings file, with their defaults and the rules that span several keys."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct, field

from stream import definitions
from stream.calendar import Calendar as BusinessTime
from stream.definitions import WEEKDAYS, Calendar, Currency, Definitions, Survey
from stream.faults import Duration, Positive, unknown
from stream.faults import Path as Where
from stream.infra.bounding import Limits
from stream.policy import Policy

_BY_DEFAULT = Definitions()

Port = Annotated[int, Meta(ge=0, le=65_535)]
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_OF_SINKS = "pseudonym_key_file"
_SAID = "say plaintext_credentials = true"
_ZONE = 'is unknown; write an IANA name, as "Europe/Berlin"'

Secret = Annotated[str, Meta(extra={"secret": True})]  # <name>_file names a file that holds it


class Kafka(Struct, frozen=True):
    """The cluster, in Kafka's own words. `bootstrap` is host:port, comma separated."""

    bootstrap: str = "localhost:9092"
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str = ""
    password: Secret = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    plaintext_credentials: bool = False  # whether they may travel without TLS
    replication: Positive = 3  # of topics that are made
    min_insync: Positive = 2
    lost: Duration = 60_000  # without an answer for so long, a worker ends (75)
    instance: str = ""  # names this worker for ever (group.instance.id): its partitions wait while it restarts
    allow_loss: bool = False  # go on where a source was cut off, without what is lost

    def __post_init__(self) -> None:
        if self.security.startswith("SASL") and not (self.username and self.password):
            raise ValueError(f"security = {self.security} needs username and password")
        if self.security == "SASL_PLAINTEXT" and not self.plaintext_credentials:
            raise ValueError(f"SASL_PLAINTEXT sends credentials in the clear: take SASL_SSL, or {_SAID}")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file belong together")
        if self.min_insync > self.replication:
            raise ValueError(f"min_insync = {self.min_insync} is more than replication = {self.replication}")
        if self.lost < 1_000:
            raise ValueError("lost is at least 1s")


class Redis(Struct, frozen=True):
    """The read side; `url` = "" does without, rediss:// is TLS."""

    url: str = "redis://localhost:6379/0"
    username: str = ""
    password: Secret = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    plaintext_credentials: bool = False  # whether they may leave this machine without TLS
    prefix: str = "journeywatch"

    def __post_init__(self) -> None:
        place = urlsplit(self.url)
        known = bool(self.password or place.password)
        if known and place.scheme == "redis" and place.hostname not in HERE and not self.plaintext_credentials:
            raise ValueError(f"redis:// sends the password in the clear: take rediss://, or {_SAID}")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file belong together")


class Metrics(Struct, frozen=True):
    """Where /metrics and /health listen; with a `token` /metrics asks for it (Authorization: Bearer)."""

    bind: str = "127.0.0.1"
    port: Port = 9464
    token: Secret = ""
    ready_lag: Duration = 300_000  # /health/ready says no while records older than this wait


class Verdicts(Struct, frozen=True):
    """Where people judge alerts. `url` = the public address of what listens on `bind`:`port`; "" = nowhere.

    `link_key` signs the links in messages, `valid` from an alert's last change. `pagerduty_secret` is of a webhook
    subscription there; what its people do to an incident is that verdict, "" = none.
    """

    url: str = ""
    bind: str = "127.0.0.1"
    port: Port = 9465
    link_key: Secret = ""
    valid: Duration = 30 * definitions.DAY
    pagerduty_secret: Secret = ""
    pagerduty_acknowledged: Literal["", "useful", "noise", "known"] = ""
    pagerduty_resolved: Literal["", "useful", "noise", "known"] = "useful"

    def __post_init__(self) -> None:
        if self.url and not self.url.startswith(("https://", "http://")):
            raise ValueError("url begins with https:// (or http:// inside)")
        if self.url and len(self.link_key) < 16:
            raise ValueError(
                "link_key signs the links: give it 16 characters or more, at random, best as link_key_file"
            )


class Logging(Struct, frozen=True):
    """The program's own log; `auto` is text on a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"


class Intake(Struct, frozen=True):
    """Which sources are read: the topics raw.<source>."""

    sources: tuple[str, ...] = ("cloudevents",)


class Alerts(Struct, frozen=True):
    """`old_news`: what opened longer ago than this pages nobody."""

    old_news: Duration = _BY_DEFAULT.old_news
    vip_tiers: tuple[str, ...] = _BY_DEFAULT.vip_tiers


class Log(Struct, frozen=True):
    """The event log: its time, its partitions, and what is refused or waited for by its clock."""

    time: Literal["append", "record"] = _BY_DEFAULT.time
    partitions: Positive = _BY_DEFAULT.partitions
    kpi_partitions: Positive = _BY_DEFAULT.kpi_partitions
    run: Positive = _BY_DEFAULT.run
    future: Duration = _BY_DEFAULT.future
    grace: Duration = _BY_DEFAULT.grace
    backfill: Duration = _BY_DEFAULT.backfill


class Tenant(Struct, frozen=True):
    """`timezone`: of days and months in readings."""

    timezone: str = _BY_DEFAULT.timezone


class Keep(Struct, frozen=True):
    """How long a record lives after its last step."""

    records: Duration = _BY_DEFAULT.keep.records
    sessions: Duration = _BY_DEFAULT.keep.sessions
    usage: Duration = _BY_DEFAULT.keep.usage


class Cuts(Struct, frozen=True):
    """`pairs` of dimensions that readings are cut by, beside each alone."""

    pairs: tuple[tuple[str, str], ...] = ()


class Sections(Struct, frozen=True, kw_only=True):
    """A settings file."""

    kafka: Kafka = Kafka()
    redis: Redis = Redis()
    metrics: Metrics = Metrics()
    verdicts: Verdicts = Verdicts()
    logging: Logging = Logging()
    intake: Intake = Intake()
    alerts: Alerts = Alerts()
    delivery: Policy = Policy()
    log: Log = Log()
    tenant: Tenant = Tenant()
    keep: Keep = Keep()
    limits: Limits = Limits()
    cuts: Cuts = Cuts()
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)  # beside, or instead of, those there are
    currencies: dict[str, Currency] = field(default_factory=dict)  # the first one is the reporting currency
    calendars: dict[str, Calendar] = field(default_factory=dict)  # without: every hour of every day is business time
    kpis: dict[str, dict[str, Any]] = field(default_factory=dict)
    signals: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    sinks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def definitions(self) -> Definitions:
        """What the core may know."""
        log = self.log
        made = Definitions(
            partitions=log.partitions,
            kpi_partitions=log.kpi_partitions,
            run=log.run,
            time=log.time,
            timezone=self.tenant.timezone,
            surveys=definitions.SURVEYS | self.surveys,
            currencies=self.currencies or _BY_DEFAULT.currencies,
            calendars=self.calendars,
            keep=definitions.Keep(self.keep.records, self.keep.sessions, self.keep.usage),
            future=log.future,
            grace=log.grace,
            backfill=log.backfill,
            old_news=self.alerts.old_news,
            vip_tiers=self.alerts.vip_tiers,
            labels=self.labels,
            pairs=self.cuts.pairs,
            kpis={name: rest for name, given in self.kpis.items() if (rest := _deciding(given))},
            signals=self.signals,
        )
        return self.limits.within(made)


def _deciding(given: dict[str, Any]) -> dict[str, Any]:
    """What of [kpis.NAME] decides results: benchmarks are only shown beside them."""
    return {field: value for field, value in given.items() if field != "benchmarks"}


def faults_of(sections: Sections) -> Iterator[tuple[Where, Any, str]]:
    """What is wrong beyond types, as (path, value, mend)."""
    try:
        ZoneInfo(sections.tenant.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("tenant", "timezone"), sections.tenant.timezone, _ZONE
    for name, survey in sections.surveys.items():
        if survey.low >= survey.high:
            yield ("surveys", name, "low"), survey.low, f"must be below high = {survey.high}"
        elif survey.family == "nps" and (survey.high - survey.low, survey.better) != (10, "high"):
            yield ("surveys", name), None, "NPS is asked on 0 to 10, 10 the best; another scale is no NPS"
    for code, currency in sections.currencies.items():
        if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
            yield ("currencies", code), None, 'is no ISO 4217 code, as "EUR"'
        if not _is_rate(currency.rate):
            yield ("currencies", code, "rate"), currency.rate, 'write a positive decimal as text, as "1.08"'
        if not 0 <= currency.digits <= 6:
            yield ("currencies", code, "digits"), currency.digits, "must be 0 to 6"
    yield from _calendar_faults(sections.calendars)
    for first, second in sections.cuts.pairs:
        if first == second:
            yield ("cuts", "pairs"), [first, second], "a pair names two dimensions"


def _calendar_faults(calendars: dict[str, Calendar]) -> Iterator[tuple[Where, Any, str]]:
    teams: dict[str, str] = {}
    for name, calendar in calendars.items():
        for day in sorted(set(calendar.hours) - {*WEEKDAYS}):
            yield ("calendars", name, "hours", day), None, unknown(day, WEEKDAYS)
        for team in calendar.teams:
            if (other := teams.setdefault(team, name)) != name:
                yield ("calendars", name, "teams"), team, f"has the calendar {other} already"
        try:
            BusinessTime(calendar)
        except (ZoneInfoNotFoundError, OSError):
            yield ("calendars", name, "timezone"), calendar.timezone, _ZONE
        except ValueError as error:
            yield ("calendars", name), None, str(error)


def _is_rate(text: str) -> bool:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return False
    return rate.is_finite() and rate > 0


def secrets_of(tree: dict[str, Any]) -> Iterator[tuple[Where, Any]]:
    """The (path, value) of each key that names a file with a secret: redis.password_file."""
    for section in msgspec.structs.fields(Sections):
        table = tree.get(section.name)
        if isinstance(section.type, type) and issubclass(section.type, Struct) and isinstance(table, dict):
            for key in msgspec.structs.fields(section.type):
                extra = getattr(key.type, "__metadata__", (Meta(),))[0].extra or {}
                if extra.get("secret") and f"{key.name}_file" in table:
                    yield (section.name, f"{key.name}_file"), table[f"{key.name}_file"]
    sinks = tree.get("sinks")
    for name, table in sinks.items() if isinstance(sinks, dict) else ():
        if isinstance(table, dict) and _OF_SINKS in table:  # other files of a sink it reads itself, anew each time
            yield ("sinks", name, _OF_SINKS), table[_OF_SINKS]
