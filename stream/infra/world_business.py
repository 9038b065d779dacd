"""What a customer buys and uses in the generated world: subscriptions and invoices, pages, features, its attributes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stream.infra.world_people import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    SEGMENTS,
    Customer,
    Subscription,
    rfc3339,
)

PRODUCTS = {
    "core": 4_900,
    "analytics": 2_900,
    "storage": 990,
}  # list price a month in minor units
INTERVALS = {1: "month", 3: "quarter", 12: "year"}
FEATURES = (
    "search",
    "export",
    "dashboard",
    "alerts",
    "api",
    "share",
    "import",
    "report",
    "mobile",
)
ARTICLES = (
    "reset-password",
    "read-invoice",
    "track-parcel",
    "return-parcel",
    "api-keys",
)


def join(c: Customer, time: int, detail: Any) -> None:
    """The customer appears: who it is, what it buys, and all that it will do from then on."""
    introduce(c, time)
    _renews(c, time, c.subscriptions[-1])
    if c.chance(0.8):
        c.say(
            "milestone.reached",
            time + 2 * SECOND + int(c.rng.expovariate(1 / (12 * DAY))),
            {"milestone": "value"},
        )
    c.plan(time + 45 * DAY, "grow", "adoption")
    c.plan(time + 200 * DAY, "grow", "mature")
    for act, mean in (
        ("contact", MONTH / 0.3),
        ("visit", MONTH / 1.5),
        ("work", MONTH / 4 / c.activity),
    ):
        c.plan(c.next(time, mean), act)
    c.plan(time + c.rng.randint(1, 90 * DAY), "relation")
    c.plan(time + MONTH, "bill")


def introduce(c: Customer, time: int) -> None:
    """Who the customer is, and its first subscription."""
    who = {
        "segment": c.segment,
        "stage": c.stage,
        "tier": c.tier,
        "timezone": "Europe/Berlin",
    }
    c.say("customer.updated", time, who)
    subscribe(c, time + SECOND, "core")


def grow(c: Customer, time: int, detail: str) -> None:
    """The customer enters its next stage; some change segment with it."""
    c.stage = detail
    changed = {"stage": detail}
    if c.chance(0.08):
        c.segment = changed["segment"] = "mid" if c.segment == "smb" else "enterprise"
    c.say("customer.updated", time, changed)


def subscribe(c: Customer, time: int, product: str) -> Subscription:
    """A new subscription of `product`."""
    months = c.rng.choices(list(INTERVALS), (0.6, 0.1, 0.3))[0]
    price = PRODUCTS[product] * c.rng.randint(8, 14) // 10 * (10 if months == 12 else months)
    quantity = c.rng.randint(1, 30) if c.segment == "enterprise" else c.rng.choice((1, 1, 2, 5))
    due = time + (c.rng.randint(60, 360) if months == 12 else 360) * DAY
    held = Subscription(c.ref("P"), product, price, months, quantity, due)
    c.subscriptions.append(held)
    c.say("subscription.started", time, _terms(c, held))
    return held


def _terms(c: Customer, held: Subscription) -> dict[str, Any]:
    terms = {
        "subscription": held.ref,
        "product": held.product,
        "amount": money(held.amount),
        "currency": c.currency,
    }
    return {**terms, "interval": INTERVALS[held.months], "quantity": held.quantity}


def money(minor: int) -> str:
    """Minor units as the decimal string of the wire."""
    return f"{minor // 100}.{minor % 100:02d}"


def bill(c: Customer, time: int, detail: Any) -> None:
    """Once a month: invoices, changes, cancellations; a customer that left may come back."""
    c.subscriptions = [s for s in c.subscriptions if s.ended is None or s.ended > time]
    for held in c.subscriptions:
        _invoice(c, time, held)
        if held.ended is None:
            _decide(c, time, held)
    if c.chance(0.02) and c.active(time) and len(c.subscriptions) < 3:
        _renews(c, time, subscribe(c, time + HOUR, c.rng.choice([p for p in PRODUCTS if p != "core"])))
    c.plan(time + MONTH, "bill")


def _invoice(c: Customer, time: int, held: Subscription) -> None:
    if not c.chance(1 / held.months):
        return
    bill_of = {
        "invoice": c.ref("I"),
        "amount": money(held.amount * held.quantity),
        "currency": c.currency,
    }
    c.say("invoice.paid", time, bill_of)
    if c.chance(0.02):
        part = {
            **bill_of,
            "amount": money(held.amount * held.quantity // c.rng.choice((1, 2, 4))),
        }
        c.say("invoice.refunded", time + c.rng.randint(HOUR, 20 * DAY), part)


def _decide(c: Customer, time: int, held: Subscription) -> None:
    share = c.rng.random()
    if share < 0.02:
        _cancel(c, time + 3 * HOUR, held)
    elif share < 0.065:
        held.quantity += c.rng.randint(1, 3) if share < 0.05 else (-1 if held.quantity > 1 else 1)
        c.say("subscription.changed", time + 4 * HOUR, _terms(c, held))


def _renews(c: Customer, time: int, held: Subscription) -> None:
    """Its renewal is to come, and will be announced 60 d before."""
    c.plan(max(time + DAY, held.due - 60 * DAY), "remind", held)


def remind(c: Customer, time: int, held: Subscription) -> None:
    """A renewal is announced. Of twenty, 17 are renewed in time, two late by days or weeks, one is cancelled."""
    if held.ended is not None:
        return
    c.say("renewal.due", time, {"subscription": held.ref, "due_at": rfc3339(held.due)})
    share = c.rng.random()
    if share < 0.85:
        c.plan(held.due - c.rng.randint(0, 45 * DAY), "renew", held)
    elif share < 0.95:
        c.plan(held.due + c.rng.randint(DAY, 20 * DAY), "renew", held)
    else:
        c.plan(held.due - c.rng.randint(0, 30 * DAY), "leave", held)


def renew(c: Customer, time: int, held: Subscription) -> None:
    """For another year; three in ten pay 5 % more from then on."""
    if held.ended is not None:
        return
    held.due += 12 * MONTH
    held.amount = held.amount * 105 // 100 if c.chance(0.3) else held.amount
    c.say("subscription.renewed", time, _terms(c, held))
    _renews(c, time, held)


def leave(c: Customer, time: int, held: Subscription) -> None:
    """It is not renewed."""
    if held.ended is None:
        _cancel(c, time, held)


def _cancel(c: Customer, time: int, held: Subscription) -> None:
    held.ended = time
    data: dict[str, Any] = {
        "subscription": held.ref,
        "reason": c.rng.choice(("price", "unused", "support")),
    }
    if c.chance(0.5):
        held.ended = _month_end(time) if c.chance(0.4) else time + c.rng.randint(1, 30 * DAY)
        data["effective_at"] = rfc3339(held.ended)
    c.say("subscription.cancelled", time, data)
    if c.chance(0.25):
        c.plan(held.ended + c.rng.randint(5 * DAY, 45 * DAY), "come_back")


def _month_end(time: int) -> int:
    day = datetime.fromtimestamp(time // 1000, UTC)
    year, month = divmod(day.year * 12 + day.month, 12)
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * 1000


def come_back(c: Customer, time: int, detail: Any) -> None:
    """A customer without a subscription takes one again."""
    if not c.active(time):
        _renews(c, time, subscribe(c, time, c.rng.choice(("core", "core", "analytics"))))


def visit(c: Customer, time: int, detail: Any) -> None:
    """One session on the site; help that fails to help becomes a ticket within a day."""
    c.plan(c.next(time, MONTH / 1.5), "visit")
    session = {"session": c.ref("V")} if c.chance(0.7) else {}
    helped = c.chance(0.35)
    article = c.rng.choice(ARTICLES)
    views = 1 if c.chance(0.4) else 2 + int(c.rng.expovariate(1 / 2.5))
    for view in range(views):
        page: dict[str, Any] = {
            "url": f"/{'help/' + article if helped else view}",
            **session,
        }
        page["kind"] = "help" if helped else c.rng.choice(("product", "pricing"))
        if helped:
            page["content"] = article
        if c.chance(0.05):
            page["key_event"] = True
        c.say("page.viewed", time, page)
        time += min(25 * MINUTE, SECOND + int(c.rng.lognormvariate(10.6, 1.0)))
    if helped and c.chance(0.4):
        c.say(
            "help.searched",
            time,
            {**session, "results": 0 if c.chance(0.25) else c.rng.randint(1, 40)},
        )
    if helped and c.chance(0.12):
        c.plan(time + c.rng.randint(MINUTE, 30 * HOUR), "ticket", {"content": article})


def work(c: Customer, time: int, detail: Any) -> None:
    """A working session in the product: a few features, the favourite ones more often."""
    c.plan(c.next(time, MONTH / 4 / c.activity), "work")
    if not (c.active(time) or c.chance(0.05)):
        return
    for _ in range(1 + int(c.rng.expovariate(1 / 1.5))):
        c.say(
            "feature.used",
            time,
            {"feature": FEATURES[int(len(FEATURES) * c.rng.random() ** 2)]},
        )
        time += c.rng.randint(SECOND, 4 * MINUTE)


def merge(c: Customer, time: int, detail: Any) -> None:
    """The customer turns out to be its neighbour; sometimes that was wrong."""
    neighbour = f"customer-{c.index - 1}"
    c.say("customer.merged", time, {"into": neighbour})
    if c.chance(0.2):
        c.say("customer.unmerged", time + c.rng.randint(4 * DAY, 20 * DAY), {"from": neighbour})


def erase(c: Customer, time: int, detail: Any) -> None:
    """The customer wants to be forgotten, and does nothing more."""
    c.erased = True
    c.say("customer.erased", time, {})


def spend(c: Customer, time: int, detail: Any) -> None:
    """What the company itself spends on keeping customers, once a month: it belongs to no customer."""
    c.plan(time + MONTH, "spend")
    cost = {"kind": "retention", "currency": "USD"}
    c.say("cost.recorded", time, {**cost, "amount": "500.00"}, subject="company:acme")
    for place, segment in enumerate(SEGMENTS):
        amount = money(60_000 + 10_000 * place)
        c.say(
            "cost.recorded",
            time,
            {**cost, "amount": amount},
            subject=f"segment:{segment}",
            segment=segment,
        )
