"""From the activities of a process log to events: a small TOML file, docs/mapping.md.

A case of the log is a ticket. Its first row opens it; a change of `team` transfers it; a row that is `resolved`
resolves it while it is open; any other row reopens it while it is resolved; rows that are `ignored` say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, field

from stream.event import TYPES, millis
from stream.faults import load, unknown

Attributes = dict[str, Any]  # of a row by their names; those of its case under "case:..."
Pattern = str | list[str]
When = dict[str, Pattern]

_NAME = re.compile(r"\{([^{}]+)\}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Steps of one instant sort by rank (CATALOGUE section 0); what is not named here has rank 1.
_RANK = {"ticket.opened": 0, "ticket.replied": 2, "ticket.resolved": 3, "ticket.reopened": 4}


class Unmapped(ValueError):
    """A case that the mapping can not use; the reader adds file and line."""


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """Templates of what a case stands for, filled from a row: "{product}", "incident-{case:concept:name}".

    A template with an attribute that the row has not gives no value; `ticket`, `customer` and `channel` need one.
    """

    ticket: str
    customer: str
    channel: str
    resolved: When
    topic: str | None = None
    priority: str | None = None
    team: str | None = None
    segment: str | None = None
    stage: str | None = None
    ignored: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.resolved:
            raise ValueError('resolved names no row; write for example { "concept:name" = "Completed" }')


class Also(Struct, frozen=True, forbid_unknown_fields=True):
    """One more event for each row that fits `when` (all of it; a list is one of; * stands for any text)."""

    type: str
    when: When
    data: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.type not in TYPES or TYPES[self.type].family == "control":  # type: ignore[attr-defined]
            raise ValueError(f"type {self.type} {unknown(self.type, TYPES)}")
        if not self.when:
            raise ValueError('when names no row; write { "concept:name" = "*" } for every row')


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """How one kind of process log becomes events. `source` and the event ids name them for ever."""

    source: str
    case: Case
    time: str = "time:timestamp"
    timezone: str | None = None  # of times without an offset; without it they are refused
    also: tuple[Also, ...] = ()

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f'timezone {self.timezone} is unknown; write an IANA name, as "Europe/Rome"') from None

    def at(self, row: Attributes) -> int:
        """The instant of a row, ms. Raises Unmapped."""
        text = row.get(self.time)
        if text is None:
            raise Unmapped(f'a row has no {self.time}; name the attribute of its time: time = "..." in the mapping')
        try:
            time = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            raise Unmapped(f"{self.time} = {text!r} is no time") from None
        if time.tzinfo is None:
            if self.timezone is None:
                raise Unmapped(f'{self.time} = {text!r} has no offset; say timezone = "..." in the mapping')
            time = time.replace(tzinfo=ZoneInfo(self.timezone))
        return millis(time)

    def events(self, rows: Iterable[Attributes]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The events of one case as (time in ms, CloudEvent), in their order. Raises Unmapped."""
        timed = sorted(((self.at(row), row) for row in rows if not fits(self.case.ignored, row)), key=lambda r: r[0])
        course = _Course(self)
        last = (-1, 0)
        for number, (time, row) in enumerate(timed):
            said = sorted(course.step(row), key=lambda event: _rank(event[0]))
            if not said:
                continue
            # Rows of one instant keep their order: one that would sort before the row above comes 1 ms later.
            at = time if (time, _rank(said[0][0])) > last else last[0] + 1
            last = (at, _rank(said[-1][0]))
            for index, (type_, data) in enumerate(said):
                yield at, course.event(at, row, type_, data, f"{number}.{index}")


class _Course:
    """One case while its rows are read."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping, self._case = mapping, mapping.case
        self._ticket = self._customer = ""
        self._team: str | None = None
        self._resolved = False

    def step(self, row: Attributes) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a row says, as (type, data)."""
        case = self._case
        team = filled(case.team, row)
        if not self._ticket:
            self._ticket, self._customer = _needed(case.ticket, row), _needed(case.customer, row)
            named = {name: filled(getattr(case, name), row) for name in ("topic", "team", "priority")}
            yield "ticket.opened", {"channel": _needed(case.channel, row)} | {k: v for k, v in named.items() if v}
        elif team and team != self._team:
            yield "ticket.transferred", {"to_team": team} | ({"from_team": self._team} if self._team else {})
        self._team = team or self._team
        if fits(case.resolved, row) != self._resolved:
            self._resolved = not self._resolved
            yield "ticket.resolved" if self._resolved else "ticket.reopened", {}
        for also in self._mapping.also:
            if fits(also.when, row):
                data = {name: value(item, row) for name, item in also.data.items()}
                yield also.type, {name: item for name, item in data.items() if item is not None}

    def event(self, at: int, row: Attributes, type_: str, data: dict[str, Any], index: str) -> dict[str, Any]:
        """A CloudEvent; its id is fixed by the case and the row's place in it."""
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"{self._ticket}:{index}",
            "source": self._mapping.source,
            "type": type_,
            "time": _EPOCH + timedelta(milliseconds=at),
            "subject": self._customer,
        }
        for name in ("segment", "stage"):
            if said := filled(getattr(self._case, name), row):
                event[name] = said
        event["data"] = {"ticket": self._ticket, **data} if type_.startswith("ticket.") else data
        return event


def parse(text: str, file: str) -> Mapping:
    """A mapping file. Raises Faults with all that is wrong in it."""
    mapping: Mapping = load(text, file, Mapping)
    return mapping


def fits(when: When, row: Attributes) -> bool:
    """Whether a row has all that `when` names; an empty one fits nothing."""
    for name, pattern in when.items():
        said = row.get(name)
        if said is None:
            return False
        text = str(said)
        if isinstance(pattern, str):
            if not _like(pattern, text):
                return False
        elif not any(_like(one, text) for one in pattern):
            return False
    return bool(when)


def _like(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None if "*" in pattern else pattern == text


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def filled(template: str | None, row: Attributes) -> str | None:
    """A template with a row's attributes in it; None if one of them is missing or the result is empty."""
    if template is None:
        return None
    parts = []
    for text, name in _pieces(template):
        parts.append(text)
        if name is not None:
            if (said := row.get(name)) is None:
                return None
            parts.append(str(said))
    return "".join(parts).strip() or None


@lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[tuple[str, str | None], ...]:
    """A template as its texts, each with the name that follows it: "a{b}c" is (("a", "b"), ("c", None))."""
    words = _NAME.split(template)
    return tuple(zip(words[::2], [*words[1::2], None], strict=True))


def value(item: Any, row: Attributes) -> Any:
    """A payload's value: a template that is one attribute keeps that attribute's type."""
    if not isinstance(item, str):
        return item
    whole = _NAME.fullmatch(item)
    return row.get(whole[1]) if whole else filled(item, row)


def _needed(template: str, row: Attributes) -> str:
    said = filled(template, row)
    if said is None:
        raise Unmapped(f'"{template}" has no value here')
    return said


def _rank(type_: str) -> int:
    return _RANK.get(type_, 1)
