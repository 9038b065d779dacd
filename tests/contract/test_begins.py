"""When a KPI begins to say something, for those that state it. Covers stream/facts.py."""

from __future__ import annotations

from typing import Any

import pytest

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
