"""Laws that every KPI and signal keeps, over whatever is discovered: a new one is swept with no edit here.

Covers stream/claims.py.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest

from stream.claims import Fact, Finding, Severity
from stream.definitions import DAY, HOUR, Keep
from stream.event import FAMILIES
from stream.journey import Journey
from stream.looking import all_looks
from stream.plan import HEADS, VIEWED, sees
from stream.way import DIMS
from tests.support import builders as B
from tests.support.builders import DEFINITIONS, KPIS_FOUND, SIGNALS_FOUND, START, Told, fold, log_of, plan_of
from tests.support.worlds import World

SEEDS = range(5)
KINDS = [*KPIS_FOUND.values(), *SIGNALS_FOUND.values()]
LATE = START + 400 * DAY  # for what lies ahead

every_kpi = pytest.mark.parametrize("kpi", KPIS_FOUND.values(), ids=KPIS_FOUND)
every_signal = pytest.mark.parametrize("signal", SIGNALS_FOUND.values(), ids=SIGNALS_FOUND)
every = pytest.mark.parametrize("plugin", KINDS, ids=[p.name for p in KINDS])


@cache
def rows(seed: int) -> tuple[tuple[str, bytes], ...]:
    """Journeys of a random world, as stored."""
    return tuple((key.decode(), row) for key, row in fold(log_of(World(seed).delayed())[0]).rows.items())


def journeys() -> Iterator[Journey]:
    for seed in SEEDS:
        for subject, row in rows(seed):
            yield Journey(subject, DEFINITIONS, row)


def views(journey: Journey, plugin: Any) -> list[Any]:
    """What a plug-in looks at in a journey."""
    looks = all_looks(journey, plan_of(plugin.name))
    items = [item for item, eyes in looks if eyes.kpis or eyes.signals]
    return [view for item in items for view in ([journey] if item[0] == "j" else journey.views(item))]


def facts(kpi: Any, journey: Journey) -> list[Fact]:
    return [fact for view in views(journey, kpi) for fact in kpi.facts(view, journey)]


def findings(signal: Any, journey: Journey) -> list[tuple[Any, list[Finding]]]:
    return [(view, list(signal.find(view, journey))) for view in views(journey, signal)]


def says(plugin: Any, journey: Journey) -> Counter[Any]:
    if plugin.name in KPIS_FOUND:
        return Counter(facts(plugin, journey))
    return Counter(found for _, several in findings(plugin, journey) for found in several)


# -- what they are ----------------------------------------------------------------------------------------------


@every
def test_it_is_named_by_its_file_and_says_what_it_is(plugin: Any) -> None:
    module = sys.modules[type(plugin).__module__]
    assert module.__name__.rpartition(".")[2] == plugin.name
    assert ast.get_docstring(ast.parse(inspect.getsource(module)))
    assert isinstance(plugin.version, int) and plugin.version >= 1


@every
def test_it_reads_families_that_there_are(plugin: Any) -> None:
    derived = {"usage", "features", "milestones", "invoices", "costs"}
    assert plugin.reads and plugin.reads <= set(FAMILIES.values()) | derived
    on = getattr(plugin, "on", None) or frozenset()
    assert on <= set(FAMILIES)
    assert "sessions" in plugin.reads or not getattr(plugin, "views", ())


@every_kpi
def test_a_kpi_says_its_shape(kpi: Any) -> None:
    assert kpi.better in {"higher", "lower", "none", "definition"}
    assert set(kpi.windows) <= {"5m", "1h", "24h", "7d", "30d", "90d", "month", "now"} and kpi.windows
    assert not set(kpi.flows) & set(kpi.levels)
    assert kpi.flows or kpi.levels
    assert {"segment", "stage"} <= set(kpi.cuts)
    assert kpi.min_n >= 1 and kpi.matures >= 0


@every_signal
def test_a_signal_says_its_shape(signal: Any) -> None:
    assert signal.warns_of
    assert signal.linger >= 0 and signal.matures >= 0


# -- what they say ----------------------------------------------------------------------------------------------


@every_kpi
def test_facts_are_integers_under_declared_parts_and_cuts(kpi: Any) -> None:
    declared = {*kpi.flows, *kpi.levels}
    for journey in journeys():
        for fact in facts(kpi, journey):
            assert type(fact.at) is int and (fact.until is None or (type(fact.until) is int and fact.until >= fact.at))
            assert len(fact.parts) == len(dict(fact.parts))
            for part, amount in fact.parts:
                assert part.partition(":")[0] in declared
                assert type(amount) is int
            assert list(fact.cut) == sorted(fact.cut)
            assert {dim for dim, _ in fact.cut} <= set(kpi.cuts)
            assert all(isinstance(label, str) and label for _, label in fact.cut)
            levels = {part for part, _ in fact.parts} & set(kpi.levels)
            assert fact.until is None or levels, "only a level ends"


@every_kpi
def test_of_whom_nothing_lies_ahead_begins_and_ends_with_steps(kpi: Any) -> None:
    """`ahead` = False: such a KPI is not asked for the next time at which something happens by itself."""
    if getattr(kpi, "ahead", True):
        return
    for journey in journeys():
        times = {step.at for family in journey.row.families for s in journey.records(family).values() for step in s}
        for fact in facts(kpi, journey):
            assert fact.at in times and (fact.until is None or fact.until in times)


@every
def test_without_what_it_needs_it_says_nothing(plugin: Any) -> None:
    """`needs`: a customer without records of that family is not looked at."""
    if not (needs := getattr(plugin, "needs", "")):
        return
    assert plugin.of is Journey
    say = plugin.facts if plugin.name in KPIS_FOUND else plugin.find
    for journey in journeys():
        if not journey.has(needs):
            assert not list(say(journey, journey))


@every_signal
def test_findings_are_intervals_with_evidence(signal: Any) -> None:
    for journey in journeys():
        known = {
            step.uid: None for family in journey.row.families for s in journey.records(family).values() for step in s
        }
        for _, several in findings(signal, journey):
            for found in several:
                assert type(found.since) is int and isinstance(found.severity, Severity)
                assert found.until is None or found.until > found.since
                assert found.text and found.clears and len(found.text) < 1_000
                assert all(type(amount) is int for _, amount in found.numbers)
                assert all(uid in known for uid in found.evidence)
                assert len(found.evidence) <= 32


@every_signal
def test_findings_are_few(signal: Any) -> None:
    for journey in journeys():
        steps = sum(len(s) for family in journey.row.families for s in journey.records(family).values())
        assert sum(len(several) for _, several in findings(signal, journey)) <= 4 * steps


@every
def test_it_is_pure(plugin: Any) -> None:
    """The same input, the same output, and the input as it was."""
    for journey in journeys():
        before = journey.encode()
        once = says(plugin, journey)
        assert says(plugin, journey) == once
        assert journey.encode() == before
        again = Journey(journey.subject, DEFINITIONS, before)
        assert says(plugin, again) == once


# -- extremes ---------------------------------------------------------------------------------------------------


def many(n: int = 40) -> list[Told]:
    """Much of everything in one ms, and again in the next."""
    made = []
    for i in range(n):
        at = i % 2
        made += [B.opened(f"T{i}", at, topic="a", team="t1"), B.transferred(f"T{i}", at, "t2"), B.resolved(f"T{i}", at)]
        made += [B.answered(f"S{i}", at, 1, kind) for kind in ("ces", "csat")] + [B.answered(f"N{i}", at, 0, "nps")]
        made += [B.started(f"U{i}", at), B.renewal_due(f"U{i}", at, at), B.viewed(at, f"V{i}")]
    return made


EXTREMES = {
    "nothing": [B.customer(0, segment="a")],
    "an opening": [B.opened("T1", 0)],
    "a head unheard": [B.resolved("T1", 0), B.renewed("U1", 0)],
    "1970": [B.opened("T1", -START, log=0, backfill=True), B.answered("S1", -START, 1, log=0, backfill=True)],
    "9999": [
        B.started("U1", 0),
        B.renewal_due("U1", 0, 251_000_000_000_000),
        B.cancelled("U1", 1, 251_000_000_000_000),
    ],
    "a huge amount": [B.started("U1", 0, "999999999999999.999999999")],
    "a sending": [B.sent("S1", 0), B.sent("S2", 0, "nps")],
    "many at once": many(),
}


@every
@pytest.mark.parametrize("name", EXTREMES)
def test_it_is_total(plugin: Any, name: str) -> None:
    for key, row in fold(log_of(EXTREMES[name])[0], plan=plan_of(plugin.name)).rows.items():
        says(plugin, Journey(key.decode(), DEFINITIONS, row))


@every_kpi
def test_a_value_of_nothing_is_none_or_zero(kpi: Any) -> None:
    class Nothing:
        cut = ()
        end_time = LATE
        last_day = (LATE - DAY, LATE)

        def sum(self, *part: Any) -> int:
            return 0

        start = end = between = sum

        def quantile(self, part: str, q: float) -> None:
            return None

        @property
        def all(self) -> Nothing:
            return self

    assert not kpi.value(Nothing())
    assert kpi.n(Nothing()) == 0


# -- what they look at ------------------------------------------------------------------------------------------


@every
def test_it_reads_what_it_looks_at(plugin: Any) -> None:
    """Without the events that it does not see (`reads`, `on`) it says the same. All see what a customer is."""
    for seed in SEEDS:
        events = World(seed).delayed()
        assert _said(plugin, events) == _said(plugin, [one for one in events if _is_seen(plugin, one)])


KEEPING = msgspec.structs.replace(DEFINITIONS, keep=Keep(records=4_000 * DAY, sessions=4_000 * DAY, usage=4_000 * DAY))


def _said(plugin: Any, events: list[Told], ticks: tuple[int, ...] = ()) -> Counter[Any]:
    """All that a plug-in says of all journeys in the end."""
    found = fold(log_of(events, ticks)[0], KEEPING, plan_of(plugin.name))
    kept = [Journey(key.decode(), KEEPING, row) for key, row in found.rows.items()]
    return sum((says(plugin, journey) for journey in kept), Counter())


def _is_seen(plugin: Any, one: Told) -> bool:
    """Surveys show their ticket's dimensions; days in use come from events of many families."""
    event = msgspec.json.decode(one.value)
    type_, kind = event["type"], event["data"].get("kind", "product")
    through = (type_ in DIMS and "surveys" in plugin.reads) or "usage" in plugin.reads
    if type_.startswith("survey.") and plugin.of is Journey and hasattr(plugin, "kinds"):
        return kind in plugin.kinds(KEEPING.surveys)
    return (
        type_ in HEADS
        or type_ == "customer.updated"
        or through
        or sees(plugin, VIEWED + kind if type_ == "page.viewed" else type_)
    )


@every_signal
def test_findings_change_only_at_an_event_or_at_a_stated_time(signal: Any) -> None:
    """No clock is asked: what a journey says is the same after a tick, however much later."""
    for seed in SEEDS:
        events = World(seed).delayed()
        assert _said(signal, events) == _said(signal, events, (40 * DAY, 300 * DAY + HOUR))


def test_a_journey_is_what_it_is_written_as() -> None:
    for journey in journeys():
        row = journey.encode()
        assert row is not None
        again = Journey(journey.subject, DEFINITIONS, row)
        for family in again.row.families:
            again.records(family)
        assert again.encode() == row
        assert int.from_bytes(row[:8], "big") == again.due
