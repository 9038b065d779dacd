"""Where alerts go. One file a sink; its `SINK` is a struct of its settings, `[sinks.NAME]` overrides its fields.

A sink makes one attempt and says how it went. When to try again, what still waits and what was sent is the
courier's business (`stream.infra.courier`), the same for every sink.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from stream.claims import Severity
from stream.notices import Notice

Clock = Callable[[], float]
"""Seconds since the epoch, as `time.time`."""


class Outcome(Struct, frozen=True):
    """How one attempt went. `rejected`: the same again will not help. `retry`: it may, after `after` s if given."""

    status: Literal["delivered", "rejected", "retry"]
    detail: str = ""
    after: float | None = None


DELIVERED = Outcome("delivered")


class Channel(Protocol):
    """An open sink. May raise anything: the courier takes it as `retry`."""

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        """Tells the notices, in order; one outcome for each. `Notice.key` is the idempotency key."""

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        """Says again what is still open. The sink has been told all of it before."""

    async def close(self) -> None: ...


class Sink(Protocol):
    """The settings of a sink, and the way to open it."""

    @property
    def name(self) -> str: ...

    @property
    def least(self) -> Severity:
        """It is told of alerts of this severity and louder."""

    @property
    def repeat(self) -> int:
        """Seconds after which what is open is said again; 0 = never."""

    def ready(self) -> bool:
        """Do the settings name all that it needs? One that is not ready is left out."""

    def open(self, clock: Clock) -> Channel: ...
