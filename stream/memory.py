"""What delivery remembers beside its alerts: small structs, each a row of its table under a key that no alert has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

PREFIX = "~"
_encode = msgspec.msgpack.Encoder().encode
Kind = TypeVar("Kind", bound=Struct)


class Crew(Struct, array_like=True):
    """A team's pages. `hour` = that of `pages` and `over` (beyond the budget); `notice` = the alert that says so.

    `waiting` = alerts held back until `until` (ms); `said` = how many `notice` says; `notes` = (due, alert): own
    alerts to be ended then.
    """

    hour: int = 0
    pages: int = 0
    over: int = 0
    said: int = 0
    notice: str = ""
    waiting: dict[str, None] = {}
    until: int = 0
    notes: list[tuple[int, str]] = []


class Recent(Struct, array_like=True):
    """Pages of one signal that stand alone, as (log time, alert, its labels), the oldest first."""

    pages: list[tuple[int, str, dict[str, str]]] = []


class Rate(Struct, array_like=True):
    """Alerts of the queue of one signal and label that opened, as (hour, count), for 8 d."""

    hours: list[tuple[int, int]] = []


class Pile(Struct, array_like=True):
    """The most alerts of the queue of one signal and team that were open at once, as (day of log time, count)."""

    days: list[tuple[int, int]] = []


class Incident(Struct, array_like=True):
    """Alerts that are one matter: those of `signals` with this label. `last` = when one joined (log time, ms); it is
    over when none joined `within` (ms). `least` = so many must be open for one more to join; 0 = all join.
    """

    dim: str
    label: str
    signals: dict[str, int]  # and how many of each
    last: int
    within: int
    said: int = 0  # how many its alert says
    least: int = 0

    @property
    def count(self) -> int:
        return sum(self.signals.values())


class Worth(Struct, array_like=True):
    """Verdicts on one signal by alert, as (event time, verdict), the newest last; `notice` is set while it may not
    page.
    """

    verdicts: dict[str, tuple[int, str]] = {}
    notice: str = ""


class Began(Struct, array_like=True):
    """When delivery first heard of anything (log time, ms), and the day on which it last let go of what is stale."""

    at: int = 0
    swept: int = 0


KINDS: dict[str, Any] = {"b": Began, "c": Crew, "g": Recent, "i": Incident, "p": Pile, "r": Rate, "w": Worth}
_CODE: dict[Any, str] = {kind: code for code, kind in KINDS.items()}
_decode: dict[str, Any] = {code: msgspec.msgpack.Decoder(kind).decode for code, kind in KINDS.items()}


class Memory:
    """The structs by kind and name; `flush` gives the rows of those that were kept or dropped since."""

    def __init__(self, rows: dict[bytes, bytes]) -> None:
        self._kept: dict[str, dict[str, Any]] = {code: {} for code in KINDS}
        self._dirty: dict[tuple[str, str], None] = {}
        for key in sorted(rows):
            if is_memory(text := key.decode()):
                self._kept[text[1]][text[2:]] = _decode[text[1]](rows[key])

    def get(self, kind: type[Kind], name: str) -> Kind | None:
        """What is known under a name."""
        found: Kind | None = self._kept[_CODE[kind]].get(name)
        return found

    def all(self, kind: type[Kind]) -> dict[str, Kind]:
        """All of a kind, by name; in no special order."""
        return self._kept[_CODE[kind]]

    def keep(self, name: str, one: Struct) -> None:
        """It is new, or changed."""
        code = _CODE[type(one)]
        self._kept[code][name] = one
        self._dirty[code, name] = None

    def drop(self, name: str, one: Struct) -> None:
        code = _CODE[type(one)]
        del self._kept[code][name]
        self._dirty[code, name] = None

    def flush(self) -> Iterator[tuple[bytes, bytes | None]]:
        """(key, row or None) of what changed."""
        for code, name in self._dirty:
            one = self._kept[code].get(name)
            yield f"{PREFIX}{code}{name}".encode(), None if one is None else _encode(one)
        self._dirty.clear()


def is_memory(key: str) -> bool:
    """Whether a row is no alert's."""
    return key.startswith(PREFIX)
