"""An hour with many more tickets than the same hour of the last four weeks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stream.claims import Cut, Finding, Severity
from stream.definitions import DAY, HOUR
from stream.signals.volume_surge import WATCH
from tests.support.builders import KPIS_FOUND

E = 1_001 * DAY  # end of the judged hour
WEEK = 7 * DAY


class Hours:
    """Closed panes from {hours before E at which an hour ends: tickets}; `usual` in every hour older than a day."""

    def __init__(self, recent: Mapping[int, int], usual: Mapping[int, int] | int = 10, began: int = 0) -> None:
        self.cut: Cut = (("topic", "login"),)
        self.began = began
        self._recent, self._usual = recent, usual

    def sums(self, start: int, end: int) -> dict[str, int]:
        assert end - start == HOUR
        ago = (E - end) // HOUR
        if ago < 24 * 7 - 12:
            return {"n": n} if (n := self._recent.get(ago, 0)) else {}
        week = round((E - end) / WEEK)
        return {"n": self._usual if isinstance(self._usual, int) else self._usual.get(week, 0)}


def found(*given, **more) -> list[Finding]:
    return list(WATCH.find(Hours(*given, **more), E))


def test_it_opens_with_its_numbers() -> None:
    (finding,) = found({0: 41})
    assert (finding.cause, finding.since, finding.until, finding.severity) == ("ticket_volume", E, None, Severity.page)
    assert finding.text == "41 tickets of topic login in an hour; usual at this hour of the week are 10.0 (+- 3.2)"
    assert dict(finding.numbers) == {
        "n": 41,
        "mean_thousandths": 10_000,
        "sigma_thousandths": 3_162,
        "hour_ended_ms": E,
    }


@pytest.mark.parametrize(
    ("n", "usual", "holds"),
    [
        (20, 10, True),  # 10 + 3 x 3.16 = 19.5
        (19, 10, False),
        (20, 0, True),  # new on the desk: nothing was usual
        (19, 0, False),  # too few to call anybody
        (33, {1: 10, 2: 20, 3: 10, 4: 20}, True),  # 15 + 3 x 5.77 = 32.3
        (32, {1: 10, 2: 20, 3: 10, 4: 20}, False),
        (130, 100, True),
        (129, 100, False),
    ],
)
def test_three_sigma_and_twenty(n, usual, holds) -> None:
    assert bool(found({0: n}, usual)) is holds


@pytest.mark.parametrize(
    ("recent", "holds"),
    [
        ({1: 40, 0: 17}, True),  # above 2 sigma (16.3), below 3: it goes on
        ({1: 40, 0: 5}, True),  # one calm hour
        ({2: 40, 1: 5, 0: 17}, True),  # calm, but not two in a row
        ({2: 40, 1: 5, 0: 5}, False),
        ({3: 40, 2: 17, 1: 17, 0: 17}, True),
        ({1: 17, 0: 17}, False),  # never began
    ],
)
def test_it_ends_with_two_successive_hours_below_two_sigma(recent, holds) -> None:
    assert bool(found(recent)) is holds


def test_in_the_first_four_weeks_of_a_log_nothing_is_usual() -> None:
    assert found({0: 41}, began=E - HOUR - 4 * WEEK) != []
    assert found({0: 41}, began=E - 4 * WEEK) == []


def test_the_current_hour_is_never_looked_at() -> None:
    """The partial interval: an hour that has only begun ends after E, and is asked for by nobody."""
    asked: list[int] = []

    class Spy(Hours):
        def sums(self, start: int, end: int) -> dict[str, int]:
            asked.append(end)
            return super().sums(start, end)

    list(WATCH.find(Spy({0: 41}), E))
    assert max(asked) == E


def test_it_looks_at_channels_and_at_topics() -> None:
    assert [watch.cut for watch in WATCH.each(KPIS_FOUND)] == ["channel", "topic"]
    assert {"channel", "topic"} <= {*KPIS_FOUND["ticket_volume"].cuts}
