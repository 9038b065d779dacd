"""The order of the queue: severity, VIP, how many signals the customer has open, how long it waits.

Everything is brought to one scale, time waited: each reason counts as a head start. So the order of two alerts
never changes by waiting, and the rank of one is a single number: the time at which it *would* have been opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, field

from stream.claims import Alert
from stream.definitions import DAY
from stream.notices import span


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """Head starts, ms. `signal` counts for each further signal open on the same subject, at most `signals` of them."""

    severity: Mapping[str, int] = field(default_factory=lambda: {"page": 1_000 * DAY, "queue": 0, "info": -1_000 * DAY})
    vip: int = 2 * DAY
    signal: int = DAY
    signals: int = 4


class Waiting(Protocol):
    """What the rank of an alert depends on; `Alert` and delivery's `Head` have it."""

    @property
    def severity(self) -> str: ...
    @property
    def vip(self) -> bool: ...
    @property
    def opened(self) -> int: ...


class Ranked(Struct, frozen=True):
    """An open alert in the queue: `place` from 1, `as_if` = time (ms) at which it would have been opened, and why."""

    place: int
    alert: Alert
    as_if: int
    why: list[str]


def rank(alert: Waiting, signals: int, weights: Weights) -> int:
    """The virtual opening time, ms; the smallest comes first. `signals` = distinct signals open on its subject."""
    further = min(max(signals - 1, 0), weights.signals)
    start = weights.severity[alert.severity] + (weights.vip if alert.vip else 0) + further * weights.signal
    return alert.opened - start


def reasons(alert: Waiting, signals: int, weights: Weights) -> list[str]:
    """Why it stands where it stands, in words; its age apart."""
    why = [alert.severity]
    if alert.vip:
        why.append(f"VIP: counts as {span(weights.vip)} longer")
    if further := min(max(signals - 1, 0), weights.signals):
        why.append(f"{signals} signals open: counts as {span(further * weights.signal)} longer")
    return why
