"""What is known of an event by its type alone says the same as its shape and the plan."""

from __future__ import annotations

import pytest

from stream.definitions import HOUR, Definitions
from stream.infra.plugins import load
from stream.infra.settings import Settings
from stream.plan import VIEWED, Plan, sees
from stream.steps import SHAPES
from stream.way import HEADED, PAGE, ways
from tests.support.builders import answered, run, sent


def everything() -> Plan:
    found = load(Settings())
    return Plan(found.kpis.values(), found.signals.values(), found.watches.values())


PLAN = everything()
SURVEYS = Definitions().surveys


def test_every_type_that_becomes_a_step_has_a_way() -> None:
    assert ways(PLAN, SURVEYS).keys() == SHAPES.keys()


@pytest.mark.parametrize("type_", [type_ for type_ in SHAPES if type_ != PAGE])
def test_a_way_leads_to_those_who_see_its_type(type_: str) -> None:
    way = ways(PLAN, SURVEYS)[type_]
    assert (way.family, way.headed) == (SHAPES[type_].family, SHAPES[type_].family in HEADED)
    if way.item:
        eyes = PLAN.eyes[way.item[0]]
        assert way.codes[way.item[0]].kpis == tuple(k for k in eyes.kpis if sees(k, type_))
        assert way.codes[way.item[0]].signals == tuple(s for s in eyes.signals if sees(s, type_))


def test_where_nobody_counts_days_no_event_is_a_use() -> None:
    assert not any(way.use(None) for way in ways(Plan([], []), {}).values())


@pytest.mark.parametrize("kind", ["", "help", "product", "pricing"])
def test_a_view_leads_to_those_who_see_its_kind(kind: str) -> None:
    way = ways(PLAN, SURVEYS)[PAGE].kinds.get(kind, ways(PLAN, SURVEYS)[PAGE])
    seen = PLAN.eyes["v"].kpis
    assert way.codes["v"].kpis == tuple(k for k in seen if sees(k, PLAN.views.get(kind, VIEWED)))


@pytest.mark.parametrize(("kind", "hears"), [("ces", "j:falling_ces"), ("nps", "j:nps"), ("csat", None)])
def test_a_survey_leads_to_those_of_the_whole_journey_who_add_up_its_kind(kind: str, hears: str | None) -> None:
    way = ways(PLAN, SURVEYS)["survey.answered"].kinds[kind]
    assert [item for item in ("j:falling_ces", "j:nps") if item in way.wide.items] == [
        item for item in (hears,) if item
    ]
    assert "j:renewal_at_risk" in way.wide.items  # says nothing of kinds: it hears all


def test_a_survey_that_changes_its_kind_is_heard_by_those_of_both() -> None:
    """A score that was given to `nps` by mistake counts no more once the survey is said to be of another kind."""
    mistaken = run(answered("S", HOUR, 9, kind="nps"), of="nps")
    assert mistaken.total("nps")["n"] == 1
    mended = run(answered("S", HOUR, 9, kind="nps"), answered("S", 2 * HOUR, 5, kind="ces"), of="nps")
    assert not any(mended.total("nps").values())
    again = run(
        answered("S", HOUR, 5, kind="ces"),
        sent("S", 2 * HOUR, kind="nps"),
        answered("S", 3 * HOUR, 9, kind="nps"),
        of="nps",
    )
    assert again.total("nps")["n"] == 1
