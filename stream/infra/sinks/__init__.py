"""Where alerts go. One file a sink; its `SINK` is a struct of its settings, `[sinks.NAME]` overrides its fields.

A sink makes one attempt and says how it went. When to try again, what still waits and what was sent is the
courier's business (`stream.infra.courier`), the same for every sink.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

from stream.claims import Alert, Severity
from stream.infra.pseudonym import is_person, pseudonym
from stream.notices import Notice
from stream.ranking import Ranked

Clock = Callable[[], float]
"""Seconds since the epoch, as `time.time`."""

Link = Callable[[Alert], str]
"""The address of the page on which people judge an alert; "" = there is none."""


class Outcome(Struct, frozen=True):
    """How one attempt went. `rejected`: the same again will not help. `retry`: it may, after `after` s if given."""

    status: Literal["delivered", "rejected", "retry"]
    detail: str = ""
    after: float | None = None


DELIVERED = Outcome("delivered")


class Queue(Struct, frozen=True):
    """The open alerts at `at` (ms): how many of each (signal, severity), and the most urgent ones in their order."""

    at: int
    active: dict[tuple[str, str], int]
    first: list[Ranked]


class Channel(Protocol):
    """An open sink. May raise anything: the courier takes it as `retry`."""

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        """Tells the notices, in order; one outcome for each. `Notice.key` is the idempotency key."""

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        """Says again what is still open. The sink has been told all of it before."""

    async def digest(self, queue: Queue) -> Outcome:
        """Tells the whole queue, at one of the sink's `hours`."""

    async def close(self) -> None: ...


class Sink(Protocol):
    """The settings of a sink, and the way to open it."""

    @property
    def name(self) -> str: ...

    @property
    def least(self) -> Severity | None:
        """It is told of alerts of this severity and louder, one by one; None = of none."""

    @property
    def repeat(self) -> int:
        """Seconds after which what is open is said again; 0 = never."""

    @property
    def hours(self) -> tuple[int, ...]:
        """Hours of the day at which it is told the whole queue, in the reporting time zone."""

    def ready(self) -> bool:
        """Do the settings name all that it needs? One that is not ready is left out."""

    def open(self, clock: Clock, link: Link) -> Channel: ...


class Naming(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all settings of sinks begin with: whether customers go by their own key or by a pseudonym."""

    subject: Literal["pseudonym", "plain"] = "pseudonym"
    pseudonym_key: str = ""

    @property
    def repeat(self) -> int:
        return 0

    @property
    def hours(self) -> tuple[int, ...]:
        return ()

    def who(self, alert: Alert) -> str:
        """What a customer is called outside."""
        if self.subject == "plain" or not is_person(alert):
            return alert.subject
        return pseudonym(alert.subject, self.pseudonym_key)


class Telling(Naming, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a sink that is told alerts one by one. `severity`: the least that is told."""

    severity: Literal["info", "queue", "page"] = "queue"

    @property
    def least(self) -> Severity | None:
        return Severity[self.severity]


class OneByOne:
    """What a channel does that tells each alert when it changes, and no more."""

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        return DELIVERED

    async def digest(self, queue: Queue) -> Outcome:
        return DELIVERED

    async def close(self) -> None:
        pass


def nowhere(alert: Alert) -> str:
    """A `Link` where there is no page to judge alerts."""
    return ""


def secret(file: str) -> str:
    """What a file with a secret holds. Sinks read it each time: it may be renewed under way. Raises OSError."""
    return Path(file).read_text("utf-8").strip()
