"""The settings that decide results. Same log, same definitions: same numbers and alerts.

Read from TOML by `stream.infra.settings`; frozen from then on. Times are ms unless a name says otherwise.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEAT = 10 * SECOND  # log time; DESIGN section 4
FORM = 4  # of what is stored: a new number where old state could not be read


class Survey(Struct, frozen=True, forbid_unknown_fields=True):
    """A survey definition: `kind` of the events is its name. `better` says which end of the scale is good."""

    family: Literal["ces", "csat", "nps"]
    low: int
    high: int
    better: Literal["high", "low"] = "high"


class Keep(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a record lives after its last step; an event older than this is `too_late`."""

    records: int = 90 * DAY
    sessions: int = 8 * DAY
    usage: int = 60 * DAY

    @property
    def least(self) -> int:
        """No record goes sooner than this after its last step, ms."""
        return min(self.records, self.sessions, self.usage)


class Currency(Struct, frozen=True, forbid_unknown_fields=True):
    """`rate` = how much of the reporting currency one unit is worth, as a decimal string; `digits` of minor unit."""

    rate: str = "1"
    digits: int = 2


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_HOURS = dict.fromkeys(WEEKDAYS[:5], ("09:00-17:00",))


class Calendar(Struct, frozen=True, forbid_unknown_fields=True):
    """Business time of `teams`; the calendar named `default` is that of all others.

    `hours` of a weekday (mon .. sun): ("09:00-12:30", "13:30-17:00"), local; a day left out is free.
    `holidays`: "2026-12-25".
    """

    timezone: str = "UTC"
    hours: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(OFFICE_HOURS))
    holidays: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


SURVEYS = {
    "ces": Survey("ces", 1, 7),
    "csat": Survey("csat", 1, 5),
    "nps": Survey("nps", 0, 10),
}


class Definitions(Struct, frozen=True, forbid_unknown_fields=True):
    """All that the core may know beside the log."""

    partitions: int = 24  # of journey.events
    kpi_partitions: int = 4  # of journey.kpis
    run: int = 1
    time: Literal["append", "record"] = "append"
    timezone: str = "UTC"  # the tenant's one reporting time zone: days and months
    surveys: dict[str, Survey] = field(default_factory=lambda: dict(SURVEYS))
    currencies: dict[str, Currency] = field(default_factory=lambda: {"USD": Currency()})  # first = reporting
    calendars: dict[str, Calendar] = field(default_factory=dict)  # none: every hour of every day is business time
    keep: Keep = Keep()
    future: int = 5 * MINUTE  # an event dated later than this after the log clock is refused
    grace: int = 8 * DAY  # log clock that a step may wait for its head
    limit: int = 2_000  # records a family and customer; steps a record; waiting steps a customer
    busy: int = 1_000  # events of a customer in a log day (UTC), beyond which fewer records are kept
    busy_records: int = 100  # closed records a family, and steps of a long session, that are kept then
    row_bytes: int = 500_000  # of a customer's records, alerts and waiting steps
    trail: int = 8  # touchpoints kept for people to read
    backfill: int = DAY  # log clock after the last backfill event until the customer is judged
    old_news: int = 15 * MINUTE  # delivery pages only what opened less than this ago
    vip_tiers: tuple[str, ...] = ("vip",)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)  # allow-list by dimension
    label_limit: int = 1_000  # else the first so many values a dimension; then `other`
    label_shown: int = 200  # in readings, by largest n
    pairs: tuple[tuple[str, str], ...] = ()  # cuts by two dimensions
    kpis: dict[str, dict[str, Any]] = field(default_factory=dict)  # [kpis.NAME] overrides of a plug-in's fields
    signals: dict[str, dict[str, Any]] = field(default_factory=dict)

    def revision(self, plugins: tuple[str, ...]) -> str:
        """16 hex digits over the definitions and `plugins` (name@version, sorted): what state was made under."""
        data = msgspec.json.encode((FORM, self, sorted(plugins)), order="deterministic")
        return blake2b(data, digest_size=8).hexdigest()
