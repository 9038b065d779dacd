"""How findings, pane by pane, become intervals and alerts. Covers stream/closing.py."""

from __future__ import annotations

import pytest
from msgspec import structs

from stream.claims import Finding, Severity
from stream.closing import ClosedLayer, Place
from stream.days import Days
from stream.definitions import DAY, HOUR, Definitions
from stream.judging import View, intervals, subject
from stream.panes import PaneTable
from tests.support.differences import KPIS, Many

OLD = Finding("c", 10, Severity.queue, "old")
ENDED = structs.replace(OLD, until=15)
NEW = Finding("c", 20, Severity.queue, "new")
DOUBT = structs.replace(NEW, doubtful=True)
LOUD = Finding("c", 20, Severity.page, "loud")


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (None, None, []),
        (None, NEW, [NEW]),
        (OLD, NEW, [OLD]),  # goes on
        (OLD, LOUD, [structs.replace(LOUD, since=10)]),  # goes on, louder
        (NEW, structs.replace(DOUBT, text="x"), [NEW]),  # sure once, sure as long as it holds
        (DOUBT, structs.replace(DOUBT, text="x"), [DOUBT]),
        (DOUBT, NEW, [NEW]),  # sure now
        (OLD, None, [structs.replace(OLD, until=20)]),  # ends
        (ENDED, None, [ENDED]),
        (ENDED, NEW, [NEW, ENDED]),  # anew
    ],
)
def test_intervals(last: Finding | None, now: Finding | None, expected: list[Finding]) -> None:
    assert intervals(last, now, 20) == expected


def test_subjects() -> None:
    assert subject(()) == "all"
    assert subject((("segment", "big"),)) == "segment:big"


@pytest.mark.parametrize(("start", "end"), [(-36 * DAY - 1, 0), (-HOUR, 1)])
def test_a_view_has_edges(start: int, end: int) -> None:
    at = 1_000 * DAY
    series = PaneTable("c", {}, Days("UTC"), keep=False).open("share", (), hours=True, minutes=False)
    assert View(series, at).sums(at - 36 * DAY, at) == {}
    with pytest.raises(ValueError, match="sees the 36 d"):
        View(series, at).sums(at + start, at + end)


def test_a_grain_that_the_panes_do_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="whole hours"):
        ClosedLayer(Definitions(), KPIS, [Many(grain=HOUR // 2)], {}, Days("UTC"), keep=False)


def test_the_closed_clock_is_that_of_the_slowest() -> None:
    place = Place()
    assert place.closed(2) == 0
    place.clocks[1] = 7
    assert place.closed(2) == 0
    place.clocks[0] = 5
    assert place.closed(2) == 5
