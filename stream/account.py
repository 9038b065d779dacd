"""A customer's subscriptions added up: what runs when, what it is worth a month, and how that moved in each month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from stream.claims import Cut, Fact, Parts, Span
from stream.days import days_in
from stream.definitions import DAY
from stream.journey import Journey
from stream.money import monthly
from stream.subscriptions import Subscription
from stream.timeline import inside

AGO = 30 * DAY


class State(NamedTuple):
    """From `at` (ms) on: `products` that run, with the MRR of each in minor units of the reporting currency."""

    at: int
    products: dict[str, int]

    @property
    def active(self) -> bool:
        return bool(self.products)

    @property
    def mrr(self) -> int:
        return sum(self.products.values())


Piece = tuple[int, int | None, Cut, State]  # from, until (ms; None = no end known), cut, state


class Moved(NamedTuple):
    """In [at, until) of a month the account was in `state`, and in `base` when the month began. None = to its end."""

    at: int
    until: int | None
    began: int
    base: State
    state: State


class Account:
    """Derived of the subscriptions; never stored. `states` ascending, one for each instant that changed anything;
    `spans` = while it is active.
    """

    __slots__ = ("_active", "_cuts", "_moves", "_pieces", "_turns", "spans", "standing", "states", "subscriptions")

    def __init__(self, who: Journey) -> None:
        subscriptions = sorted(who.subscriptions, key=_start)
        self.subscriptions = subscriptions
        self.standing: Any = None  # what stream/health.py remembers
        self._cuts: dict[int, Cut] = {}
        self.states = list(_states(who, subscriptions)) if subscriptions else []
        self.spans = list(_spans(self.states))
        self._moves: list[Moved] | None = None
        self._pieces: list[Piece] | None = None
        self._active: list[Fact] | None = None
        self._turns = sorted([*who.turns(who.everybody, -1, None), *(state.at for state in self.states)])

    def cut(self, who: Journey, at: int) -> Cut:
        """The customer's segment and stage at a time; else those of the oldest subscription that runs then."""
        found = self._cuts.get(at)
        if found is None:
            found = self._cuts[at] = who.cut_of_customer(self._oldest(at), at)
        return found

    def mrr(self, at: int) -> int:
        """Minor units of the reporting currency a month, at a time (ms)."""
        return next((state.mrr for state in reversed(self.states) if state.at <= at), 0)

    def _oldest(self, at: int) -> Subscription | None:
        begun = [s for s in self.subscriptions if s.started <= at]
        running = (s for s in begun if s.ended is None or at < s.ended)
        return next(running, None) or max(begun, key=lambda s: s.ended or 0, default=None)

    def spread(self, who: Journey, span: Span, parts: Parts, early: int = 0) -> list[Fact]:
        """A level over a span, under the segment and stage of the time; `early` ms before."""
        start, until = span
        if turns := inside(self._turns, start, until):
            return spread(lambda at: self.cut(who, at), turns, span, parts, early)
        return [Fact(start - early, parts, None if until is None else until - early, self.cut(who, start))]

    def moves(self, who: Journey) -> list[Moved]:
        """How each month in which something changed differs from its start, in the reporting time zone.

        A month's start and end are instants: what begins or ends just then is in what the month starts with. Times
        are therefore those of the change less 1 ms, so that they lie in the panes before that instant.
        """
        if self._moves is None:
            self._moves = list(_moves(self.states, who.definitions.timezone))
        return self._moves

    def pieces(self, who: Journey) -> list[Piece]:
        """While it is active, by state and by segment and stage of the time."""
        if self._pieces is None:
            self._pieces = [
                (fact.at, fact.until, fact.cut, state)
                for state, later in pairwise((*self.states, None))
                if state is not None and state.active
                for fact in self.spread(who, (state.at, None if later is None else later.at), ())
            ]
        return self._pieces

    def level(self, who: Journey, parts: Callable[[State], Parts], early: int = 0) -> Iterator[Fact]:
        """The facts of a level over its active states, under the segment and stage of the time; `early` ms before."""
        for at, until, cut, state in self.pieces(who):
            yield Fact(at - early, parts(state), None if until is None else until - early, cut)

    def active(self, who: Journey, parts: Parts, early: int = 0) -> Iterator[Fact]:
        """The facts of a level over its active spans, whatever runs; `early` ms before."""
        if self._active is None:
            self._active = [fact for span in self.spans for fact in self.spread(who, span, ())]
        for fact in self._active:
            until = fact.until
            yield Fact(fact.at - early, parts, None if until is None else until - early, fact.cut)


def _start(one: Subscription) -> tuple[int, str]:
    return one.started, one.id


def ago(held: Account, who: Journey, base: str, lost: str, back: int = AGO) -> Iterator[Fact]:
    """Levels read `back` ms after what they tell of: who was active then, and who of them is so no more."""
    for fact in held.active(who, ((base, 1),), early=-back):
        yield fact
        for start, until in outside([(fact.at, fact.until)], held.spans):
            yield Fact(start, ((lost, 1),), until, fact.cut)


def account(who: Journey) -> Account:
    """The account of a customer, derived once."""
    found: Account = who.derived("account", Account)
    return found


def mrr(who: Journey, at: int) -> int:
    """What a customer is worth a month, at a time (ms): minor units of the reporting currency."""
    return account(who).mrr(at) if who.has("subscriptions") else 0


def spread(cut_at: Callable[[int], Cut], turns: Iterable[int], span: Span, parts: Parts, early: int = 0) -> list[Fact]:
    """A level over a span, told apart where the cut changes at one of `turns`; all times `early` ms before."""
    begun, until = span
    cut = cut_at(begun)
    found: list[Fact] = []
    for at in turns:
        if (other := cut_at(at)) != cut:
            found.append(Fact(begun - early, parts, at - early, cut))
            begun, cut = at, other
    found.append(Fact(begun - early, parts, None if until is None else until - early, cut))
    return found


def held(who: Journey, of: Any, start: int, until: int | None, parts: Parts) -> list[Fact]:
    """A level over [start, until) under the segment and stage of the time: those of a view, else the customer's."""
    if turns := who.turns(of, start, until):
        return spread(lambda at: who.cut(of, at), turns, (start, until), parts)
    return [Fact(start, parts, until, who.cut(of, start))]  # as mostly


def within(spans: Iterable[Span], others: Sequence[Span]) -> Iterator[Span]:
    """The parts of `spans` that lie in any of `others` (ascending, disjoint)."""
    for start, until in spans:
        for a, b in others:
            low = max(start, a)
            high = b if until is None else until if b is None else min(until, b)
            if high is None or low < high:
                yield low, high


def outside(spans: Iterable[Span], others: Sequence[Span]) -> Iterator[Span]:
    """The parts of `spans` that lie in none of `others` (ascending, disjoint)."""
    for start, until in spans:
        at: int | None = start
        for a, b in others:
            if at is None or (until is not None and a >= until):
                break
            if b is not None and b <= at:
                continue
            if a > at:
                yield at, a
            at = b
        if at is not None and (until is None or at < until):
            yield at, until


def _states(who: Journey, subscriptions: list[Subscription]) -> Iterator[State]:
    """Sweep over all changes of all subscriptions; several at one instant are one."""
    changes: list[tuple[int, str, int, int]] = []  # (at, product, MRR, how many run) more or less
    for one in subscriptions:
        ends: list[int | None] = [*(at for at, _ in one.terms[1:]), one.ended]
        for (start, (product, *price)), end in zip(one.terms, ends, strict=True):
            amount, currency, interval, quantity = price
            worth = monthly(amount, currency, interval, quantity, who.definitions)
            changes.append((start, product, worth, 1))
            if end is not None:
                changes.append((end, product, -worth, -1))
    running: dict[str, tuple[int, int]] = {}
    last: State | None = None
    for at, group in _grouped(sorted(changes)):
        for product, worth, count in group:
            mrr, n = running.get(product, (0, 0))
            running[product] = mrr + worth, n + count
        state = State(at, {product: mrr for product, (mrr, n) in running.items() if n})
        if state.products != ({} if last is None else last.products):
            yield state
            last = state


def _grouped(changes: list[tuple[int, str, int, int]]) -> Iterator[tuple[int, list[tuple[str, int, int]]]]:
    groups: dict[int, list[tuple[str, int, int]]] = {}
    for at, *change in changes:
        groups.setdefault(at, []).append((change[0], change[1], change[2]))  # type: ignore[arg-type]
    yield from groups.items()


def _spans(states: list[State]) -> Iterator[Span]:
    begun: int | None = None
    for state in states:
        if state.active and begun is None:
            begun = state.at
        elif not state.active and begun is not None:
            yield begun, state.at
            begun = None
    if begun is not None:
        yield begun, None


def _moves(states: list[State], timezone: str) -> Iterator[Moved]:
    days, base, month = days_in(timezone), State(0, {}), (0, 0)
    before = base
    for i, state in enumerate(states):
        at = state.at - 1
        if (own := days.month(at)) != month:
            month, base = own, before
        before = state
        if base.active and state.products != base.products:
            later = states[i + 1].at - 1 if i + 1 < len(states) else None
            until = later if later is not None and days.month(later) == month else None
            yield Moved(at, until, days.month_start(month), base, state)
