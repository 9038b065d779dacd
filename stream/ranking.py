"""The order of the queue: severity, rank, VIP, contract value, how many signals the customer has open, and its age.

Everything is brought to one scale, time waited: each reason counts as a head start. So the order of two alerts
never changes by waiting, and the rank of one is a single number: the time at which it *would* have been opened.
"""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta, Struct

from stream.claims import Alert
from stream.definitions import DAY
from stream.faults import Duration
from stream.notices import span


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """Head starts, ms; age itself counts as it is.

    `page` is added to pages, `info` is taken from infos. `rank` counts for each step that the signal says (a second
    reopen, a breach). `value` counts for each `value_each` of the customer's MRR (minor units of the reporting
    currency; a part counts in part), at most `values` of them. `signal` counts for each further signal open on the
    same subject, at most `signals` of them.
    """

    page: Duration = 1_000 * DAY
    info: Duration = 1_000 * DAY
    rank: Duration = DAY
    vip: Duration = 2 * DAY
    value: Duration = DAY
    value_each: Annotated[int, Meta(ge=1)] = 100_000
    values: int = 3
    signal: Duration = DAY
    signals: int = 4


class Waiting(Protocol):
    """What the rank of an alert depends on; `Alert` and delivery's `Head` have it."""

    @property
    def severity(self) -> str: ...
    @property
    def vip(self) -> bool: ...
    @property
    def rank(self) -> int: ...
    @property
    def mrr(self) -> int: ...
    @property
    def opened(self) -> int: ...


class Ranked(Struct, frozen=True):
    """An open alert in the queue: `place` from 1, `as_if` = time (ms) at which it would have been opened, and why.

    `terms` = the head start (ms) that each reason gives: their sum is opened - as_if.
    """

    place: int
    alert: Alert
    as_if: int
    why: list[str]
    terms: dict[str, int] = {}


def terms(alert: Waiting, signals: int, weights: Weights) -> dict[str, int]:
    """The head start (ms) for each reason that there is. `signals` = distinct signals open on its subject."""
    loud = {"page": weights.page, "info": -weights.info}.get(alert.severity, 0)
    further = min(max(signals - 1, 0), weights.signals) * weights.signal
    value = min(alert.mrr, weights.values * weights.value_each) * weights.value // weights.value_each
    vip = weights.vip if alert.vip else 0
    found = {"severity": loud, "rank": alert.rank * weights.rank, "vip": vip, "value": value, "signals": further}
    return {name: ms for name, ms in found.items() if ms}


def rank(alert: Waiting, signals: int, weights: Weights) -> int:
    """The virtual opening time, ms; the smallest comes first."""
    return alert.opened - sum(terms(alert, signals, weights).values())


def reasons(alert: Waiting, signals: int, weights: Weights) -> list[str]:
    """Why it stands where it stands, in words; its age apart."""
    found = terms(alert, signals, weights)
    why = [alert.severity]
    if "rank" in found:
        why.append(f"ranks higher of its kind: counts as {span(found['rank'])} longer")
    if "vip" in found:
        why.append(f"VIP: counts as {span(weights.vip)} longer")
    if "value" in found:
        why.append(f"contract value: counts as {span(found['value'])} longer")
    if "signals" in found:
        why.append(f"{signals} signals open: counts as {span(found['signals'])} longer")
    return why
