"""A generated world: customers whose every event is written down in the order in which a log would hear of it.

The same seed gives the same events. Rates follow measured logs: resolution times with a very heavy tail, half of
the tickets handed over, one in twenty reopened, survey answers that take days. Nothing is read from a clock:
time is an argument, so that the same world serves tests, benchmarks and a live demonstration.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from stream.infra import world_business as business
from stream.infra import world_stories as stories
from stream.infra import world_support as support
from stream.infra.world_people import (
    DAY,
    MONTH,
    PROMPT,
    Customer,
    born,
    instant,
    rfc3339,
)

Event = dict[str, Any]

ACTS: dict[str, Callable[[Customer, int, Any], None]] = {
    "join": business.join,
    "grow": business.grow,
    "bill": business.bill,
    "remind": business.remind,
    "renew": business.renew,
    "leave": business.leave,
    "come_back": business.come_back,
    "visit": business.visit,
    "work": business.work,
    "contact": support.contact,
    "ticket": support.ticket,
    "relation": support.relation,
    "merge": business.merge,
    "erase": business.erase,
    "spend": business.spend,
    "story": stories.tell,
}
RATES = {"EUR": "1.10"}  # what settings must say of the currencies besides USD
EVENTS_A_MONTH = 11.5  # of one of the customers asked for, two months after the start, measured


class World:
    """All customers; `until(now)` goes on from where it stopped. Memory grows with customers, not with time."""

    def __init__(
        self,
        customers: int,
        start: int,
        seed: int,
        *,
        currencies: tuple[str, ...] = ("USD", "EUR"),
        live: int | None = None,
        rate: float = 0.0,
        unlucky: int = 0,
        merges: float = 0.0,
        erasures: float = 0.0,
    ) -> None:
        """Begin at `start` (ms); from `live` (ms) on give `rate` events a second and `unlucky` people's stories.

        `merges`, `erasures`: shares of the customers that are merged into another or erased in their first year.
        """
        self._rare = (("merge", merges), ("erase", erasures))
        self._acts: list[tuple[int, int, Customer, str, Any]] = []
        self._said: list[tuple[int, int, Event]] = []
        self._order = 0
        self._start = start
        haste = max(1.0, rate * MONTH / 1000 / (customers * EVENTS_A_MONTH)) if customers else 1.0
        for index in range(customers):
            customer = born(index, seed, currencies)
            customer.live, customer.haste = live, haste
            self._begin(customer, live if index < unlucky else None)
        self._push(start, born(-1, seed, currencies), "spend", None)

    def until(self, now: int) -> Iterator[tuple[int, Event]]:
        """All that the log has heard by `now` (ms) and was not given before: (append time ms, CloudEvent)."""
        while True:
            act = self._acts[0][0] if self._acts else now + 1
            while self._said and self._said[0][0] <= min(act, now):
                at, _, event = heapq.heappop(self._said)
                yield at, event
            if act > now:
                return
            self._step()

    def _begin(self, customer: Customer, live: int | None) -> None:
        """Most are there from the first day, the rest join over a year."""
        if live is not None:
            customer.segment, customer.tier, customer.delivery = (
                "enterprise",
                "vip",
                PROMPT,
            )
            business.introduce(customer, self._start + customer.index)
            self._collect(customer)
            climax = stories.climax(customer.index, live)
            self._push(max(self._start, climax - 20 * DAY), customer, "story", climax)
            return
        early = customer.chance(0.6)
        joined = self._start + (customer.rng.randint(0, DAY) if early else customer.rng.randint(DAY, 400 * DAY))
        self._push(joined, customer, "join", None)
        for act, share in self._rare:
            if share and customer.chance(share) and (act == "erase" or customer.index % 2):  # no chains of merges
                self._push(joined + customer.rng.randint(20 * DAY, 365 * DAY), customer, act, None)

    def _step(self) -> None:
        time, _, customer, act, detail = heapq.heappop(self._acts)
        if not customer.erased:
            ACTS[act](customer, time, detail)
        self._collect(customer)

    def _collect(self, customer: Customer) -> None:
        for at, event in customer.said:
            self._order += 1
            heapq.heappush(self._said, (at, self._order, event))
        for planned, then, wish in customer.plans:
            self._push(planned, customer, then, wish)
        customer.said.clear()
        customer.plans.clear()

    def _push(self, time: int, customer: Customer, act: str, detail: Any) -> None:
        self._order += 1
        heapq.heappush(self._acts, (time, self._order, customer, act, detail))


def world(
    customers: int,
    start_ms: int,
    end_ms: int,
    seed: int,
    *,
    currencies: tuple[str, ...] = ("USD", "EUR"),
    merges: float = 0.0,
    erasures: float = 0.0,
) -> Iterator[tuple[int, Event]]:
    """The events that a log has heard by `end_ms`, in log order, as (append time ms, CloudEvent as JSON)."""
    return World(customers, start_ms, seed, currencies=currencies, merges=merges, erasures=erasures).until(end_ms)


def journeys(
    customers: int,
    live_ms: int,
    seed: int,
    rate: float,
    *,
    history_days: int = 60,
    unlucky: int = 24,
) -> World:
    """A world with that much history before `live_ms`, then about `rate` events a second and stories of friction."""
    start = live_ms - history_days * DAY
    return World(
        customers,
        start,
        seed,
        live=live_ms,
        rate=rate,
        unlucky=unlucky,
        currencies=("USD",),
    )


def disturb(
    events: Iterable[tuple[int, Event]],
    seed: int,
    delay_ms: int = 7 * DAY,
    repeats: float = 0.03,
) -> list[tuple[int, Event]]:
    """The same events as a bad network brings them: up to `delay_ms` after they happened, some of them twice."""
    rng = Random(seed)
    said: list[tuple[int, int, Event]] = []
    for place, (_, event) in enumerate(events):
        delay = rng.randint(0, delay_ms)
        time = instant(event["time"])
        said.append((time + delay, place, event))
        if rng.random() < repeats:
            said.append((time + rng.randint(delay, delay_ms), place, event))
    return [(at, event) for at, _, event in sorted(said, key=lambda row: row[:2])]


def write(path: Path, events: Iterable[tuple[int, Event]]) -> int:
    """Write events as NDJSON lines {"at", "event"}; how many there were."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for at, event in events:
            file.write(json.dumps({"at": rfc3339(at), "event": event}, separators=(",", ":")) + "\n")
            count += 1
    return count
