"""The people of the generated world: who a customer is, what it says, and the spreads its waits are drawn from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp, log
from random import Random
from typing import Any

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
MONTH = 30 * DAY

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Waits = tuple[tuple[float, int], ...]
# (share, ms): quantiles of measured logs; between two of them the logarithm is uniform.
SOLVE: Waits = (
    (0.0, 2 * MINUTE),
    (0.5, 6 * HOUR),
    (0.75, 148 * HOUR),
    (0.9, 383 * HOUR),
    (0.99, 2_587 * HOUR),
    (1.0, 3_000 * HOUR),
)
ANSWER: Waits = (
    (0.0, 5 * MINUTE),
    (0.5, 38 * HOUR + 24 * MINUTE),
    (0.9, 117 * HOUR + 36 * MINUTE),
    (0.99, 592 * HOUR + 48 * MINUTE),
    (1.0, 60 * DAY),
)
FIRST_REPLY: Waits = (
    (0.0, 30 * SECOND),
    (0.5, 2 * HOUR),
    (0.9, 20 * HOUR),
    (1.0, 4 * DAY),
)
DELIVERY: Waits = (
    (0.0, 20),
    (0.9, 2 * SECOND),
    (0.99, 20 * MINUTE),
    (1.0, 3 * DAY),
)
PROMPT: Waits = ((0.0, 20), (1.0, 500))

SEGMENTS = {"smb": 0.6, "mid": 0.3, "enterprise": 0.1}
HURRY = 400  # in live traffic, waits within a ticket or a survey are this many times shorter


@dataclass(slots=True)
class Subscription:
    """A subscription as its owner knows it; `amount` in minor units for `months` months, times are ms."""

    ref: str
    product: str
    amount: int
    months: int
    quantity: int
    due: int
    ended: int | None = None


@dataclass(slots=True)
class Customer:
    """One customer: its attributes, its own source of chance, and what it has said and planned so far."""

    index: int
    rng: Random
    run: str
    currency: str
    live: int | None = None  # ms from which the customer hurries
    haste: float = 1.0  # how many times more often it acts then
    delivery: Waits = DELIVERY
    segment: str = "smb"
    tier: str = "standard"
    stage: str = "onboarding"
    activity: float = 1.0
    subscriptions: list[Subscription] = field(default_factory=list)
    said: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    plans: list[tuple[int, str, Any]] = field(default_factory=list)
    erased: bool = False
    refs: int = 0
    events: int = 0

    def ref(self, letter: str) -> str:
        """A fresh name for a record of this customer, such as T-42-3."""
        self.refs += 1
        return f"{letter}-{self.index}-{self.refs}"

    def say(self, kind: str, time: int, data: dict[str, Any], **attributes: str) -> None:
        """Say a CloudEvent that happened at `time` (ms); it reaches the log a delivery later."""
        self.events += 1
        event = envelope(
            f"{self.run}-{self.index}-{self.events}",
            kind,
            time,
            f"customer-{self.index}",
            data,
        )
        event.update(attributes)
        self.said.append((time + wait(self.rng, self.delivery) // self._hurry(time), event))

    def plan(self, time: int, act: str, detail: Any = None) -> None:
        """Do `act` at `time` (ms)."""
        self.plans.append((time, act, detail))

    def next(self, time: int, mean: float) -> int:
        """The next arrival (ms) of a Poisson process with that mean gap, faster once live."""
        then = time + 1 + int(self.rng.expovariate(1 / mean))
        if self.live is None or then <= self.live:
            return then
        return max(time, self.live) + 1 + int(self.rng.expovariate(self.haste / mean))

    def wait(self, time: int, spread: Waits) -> int:
        """A wait (ms) that starts at `time`."""
        return max(1, wait(self.rng, spread) // self._hurry(time))

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self.rng.random() < share

    def active(self, time: int) -> bool:
        """Whether a subscription runs at `time`."""
        return any(s.ended is None or s.ended > time for s in self.subscriptions)

    def _hurry(self, time: int) -> int:
        return 1 if self.live is None or time < self.live else HURRY


def wait(rng: Random, spread: Waits) -> int:
    """A wait in ms, drawn from its quantiles."""
    share = rng.random()
    right = bisect_right(spread, share, key=lambda point: point[0])
    (low, a), (high, b) = spread[right - 1], spread[right]
    return round(exp(log(a) + (log(b) - log(a)) * (share - low) / (high - low)))


def envelope(ident: str, kind: str, time: int, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    """A CloudEvent 1.0 in its JSON form."""
    return {
        "specversion": "1.0",
        "id": ident,
        "source": SOURCES[kind.partition(".")[0]],
        "type": kind,
        "time": rfc3339(time),
        "subject": subject,
        "data": data,
    }


SOURCES = {
    "ticket": "helpdesk",
    "survey": "surveys",
    "page": "web",
    "help": "web",
    "subscription": "billing",
    "renewal": "billing",
    "invoice": "billing",
    "cost": "finance",
    "feature": "product",
    "milestone": "product",
    "customer": "crm",
}


def instant(text: str) -> int:
    """RFC 3339 as ms since the epoch."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def rfc3339(time: int) -> str:
    """An instant in ms since the epoch as RFC 3339 in UTC, to the millisecond."""
    return (EPOCH + timedelta(milliseconds=time)).isoformat(timespec="milliseconds")[:23] + "Z"


def born(index: int, seed: int, currencies: tuple[str, ...]) -> Customer:
    """Customer number `index` of the world `seed`: the same at every call."""
    rng = Random(f"{seed}/{index}")
    currency = currencies[0] if rng.random() < 0.75 else rng.choice(currencies)
    customer = Customer(index, rng, f"w{seed}", currency)
    customer.segment = rng.choices(list(SEGMENTS), list(SEGMENTS.values()))[0]
    customer.tier = "vip" if rng.random() < 0.04 else "standard"
    customer.activity = rng.lognormvariate(0.0, 0.8)
    return customer
