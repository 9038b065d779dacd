"""A view of days in use that takes a new day as it is says what one derived anew would. Of stream/journey.py."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import DAY, Definitions
from stream.journey import Journey
from stream.kpis.stickiness import KPI

HOUR = DAY // 24
USES = st.lists(st.integers(0, 60 * 24).map(lambda hour: hour * HOUR), max_size=30)


@given(uses=USES, late=st.booleans())
def test_asked_after_each_use_as_asked_once(uses, late) -> None:
    asked, once = Journey("c", Definitions()), Journey("c", Definitions())
    for at in uses if late else sorted(uses):
        once.use(at)
        asked.use(at)
        said = list(KPI.facts(asked.plain("usage"), asked))
    if uses:
        assert said == list(KPI.facts(once.plain("usage"), once))
