"""What is odd and still taken counts as docs/events.md says, in whatever order it is heard."""

from __future__ import annotations

from typing import Any

import pytest

from docgen import events
from docgen.odd_input import ODD, Odd
from stream.definitions import DAY, HOUR
from tests.support.builders import DEFINITIONS, KPIS_FOUND, event
from tests.support.reading import read_of


def rows(odd: Odd) -> list[Any]:
    """Its events, heard at once after a week; what is younger, when it happened."""
    return [
        event(type_, int(hours * HOUR), data, log=max(int(hours * HOUR), 7 * DAY)) for hours, type_, data in odd.said
    ]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.words)
def test_odd_input_counts_as_the_page_says(odd: Odd) -> None:
    for heard in (rows(odd), rows(odd)[::-1]):  # in the order written, and backwards
        found = read_of({kpi: KPIS_FOUND[kpi] for kpi in odd.readings}, *heard, until=odd.days * DAY, d=DEFINITIONS)
        for kpi, parts in odd.readings.items():
            window = "all" if "all" in found[kpi].windows else "now"
            assert not found[kpi].dead_letters
            if parts is None:
                assert found[kpi].value(window) is None
            else:
                assert found[kpi].parts(window).items() >= parts.items()


def test_each_stands_on_the_page() -> None:
    page = "".join(events.page())
    assert all(f"| {odd.words} | {odd.rule} |\n" in page for odd in ODD)
