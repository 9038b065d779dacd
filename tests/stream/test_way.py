"""What is known of an event by its type alone says the same as its shape and the plan."""

from __future__ import annotations

import pytest

from stream.infra.plugins import load
from stream.infra.settings import Settings
from stream.plan import VIEWED, Plan, sees
from stream.steps import SHAPES
from stream.way import HEADED, PAGE, ways


def everything() -> Plan:
    found = load(Settings())
    return Plan(found.kpis.values(), found.signals.values(), found.watches.values())


PLAN = everything()


def test_every_type_that_becomes_a_step_has_a_way() -> None:
    assert ways(PLAN).keys() == SHAPES.keys()


@pytest.mark.parametrize("type_", [type_ for type_ in SHAPES if type_ != PAGE])
def test_a_way_leads_to_those_who_see_its_type(type_: str) -> None:
    way = ways(PLAN)[type_]
    assert (way.family, way.headed) == (SHAPES[type_].family, SHAPES[type_].family in HEADED)
    if way.item:
        eyes = PLAN.eyes[way.item[0]]
        assert way.codes[way.item[0]].kpis == tuple(k for k in eyes.kpis if sees(k, type_))
        assert way.codes[way.item[0]].signals == tuple(s for s in eyes.signals if sees(s, type_))


def test_where_nobody_counts_days_no_event_is_a_use() -> None:
    assert not any(way.use(None) for way in ways(Plan([], [])).values())


@pytest.mark.parametrize("kind", ["", "help", "product", "pricing"])
def test_a_view_leads_to_those_who_see_its_kind(kind: str) -> None:
    way = ways(PLAN)[PAGE].kinds.get(kind, ways(PLAN)[PAGE])
    seen = PLAN.eyes["v"].kpis
    assert way.codes["v"].kpis == tuple(k for k in seen if sees(k, PLAN.views.get(kind, VIEWED)))
