"""When a KPI begins to say something, for those that state it. Covers stream/facts.py, stream/kpi.py."""

from __future__ import annotations

from typing import Any

import pytest

from stream.claims import Fact
from stream.journey import Ticket
from stream.kpis.reopen_rate import ReopenRate
from stream.plan import Plan
from tests.contract.test_plugins import journeys, views
from tests.support.builders import KPIS_FOUND

BEGINNING = {name: kpi for name, kpi in KPIS_FOUND.items() if getattr(kpi, "begins", "")}


@pytest.mark.parametrize("kpi", BEGINNING.values(), ids=BEGINNING)
def test_nothing_is_said_of_a_time_before_it_begins(kpi: Any) -> None:
    """Until then, and while it is None, such a KPI is not asked."""
    said = 0
    for journey in journeys():
        for view in views(journey, kpi):
            first, facts = getattr(view, kpi.begins), list(kpi.facts(view, journey))
            assert all(first is not None and first <= fact.at for fact in facts)
            said += len(facts)
    assert said


def test_a_kpi_with_facts_of_its_own_is_asked_for_them() -> None:
    """Others of its kind only count: their one fact is made of that, and so need not be asked for."""

    class Own(ReopenRate):
        def facts(self, it: Any, who: Any) -> list[Fact]:
            return []

    counted, own = ReopenRate(), Own()
    assert Plan([counted], []).groups[1] == (("first_resolved", Ticket.cut, (("reopen_rate", counted.counts),)),)
    assert Plan([own], []).groups[1] == (("first_resolved", None, (("reopen_rate", own.facts),)),)
