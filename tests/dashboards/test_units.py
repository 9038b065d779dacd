"""Numbers in words, and panels in their places."""

from __future__ import annotations

import pytest

from dashboards.draw import places
from dashboards.expand import Drawn, drawn, filled
from dashboards.units import words


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.7, "percentunit", "70 %"),
        (0.12345, "percentunit", "12.3 %"),
        (0, "s", "0 s"),
        (0.0042, "s", "4.2 ms"),
        (90, "s", "1.5 min"),
        (86_400 * 3, "s", "3 days"),
        (1_530, "short", "1.53 K"),
        (-2e6, "short", "-2 M"),
        (6.4, "none", "6.4"),
        (2**21, "bytes", "2 MiB"),
        (1_536, "Bps", "1.5 KiB/s"),
        (12, "cps", "12 c/s"),
        (float("nan"), "s", "-"),
        (float("inf"), "short", "-"),
    ],
)
def test_words(value: float, unit: str, text: str) -> None:
    assert words(value, unit) == text


def test_a_unit_without_words_is_an_error() -> None:
    with pytest.raises(ValueError, match="furlongs"):
        words(1, "furlongs")


def panel(kind: str, width: int, height: int, **more: str) -> dict[str, object]:
    return {"type": kind, "title": "$kpi", "gridPos": {"x": 0, "y": 0, "w": width, "h": height}, **more}


def test_repeats_stand_side_by_side_and_move_the_rest_down() -> None:
    target = {"refId": "A", "expr": 'v{kpi="$kpi", w=~"$w"}[$__rate_interval]', "legendFormat": ""}
    repeated = panel("timeseries", 12, 7, repeat="kpi") | {"targets": [target]}
    board = {"panels": [panel("row", 24, 1), repeated, panel("row", 24, 1), panel("stat", 4, 4)]}
    panels = list(drawn(board, {"kpi": ["a", "b", "c"], "w": ["1h", "24h"]}))
    assert [each.title for each in panels[1:4]] == ["a", "b", "c"]
    assert panels[2].queries == (("A", 'v{kpi="b", w=~"1h|24h"}[1m]', ""),)
    assert places(panels) == [
        (0, 0, 24, 1),
        (0, 1, 12, 7),
        (12, 1, 12, 7),
        (0, 8, 12, 7),
        (0, 15, 24, 1),
        (0, 16, 4, 4),
    ]
    assert isinstance(panels[0], Drawn)


def test_a_longer_name_is_not_taken_for_a_shorter_one() -> None:
    assert filled("$cut $cuts ${cut}s", {"cut": "a", "cuts": "b"}) == "a b as"
