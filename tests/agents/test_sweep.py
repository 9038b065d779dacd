"""`--sweep PARAMETER=A..B`: which values are tried, and what is said of what can not be tried."""

from __future__ import annotations

from typing import Any

import pytest

from agents.sweep import shown, swept, values
from stream.definitions import HOUR, MINUTE
from stream.faults import Faults, as_duration, duration
from tests.support.builders import SIGNALS_FOUND


def tried(name: str, text: str) -> list[int]:
    return [value for setting, _ in swept(SIGNALS_FOUND[name], text) for value in setting.values()]


def test_a_few_values_are_all_tried_and_set() -> None:
    found: list[tuple[dict[str, int], Any]] = swept(SIGNALS_FOUND["ping_pong"], "teams=2..4")
    assert [(setting, one.teams) for setting, one in found] == [({"teams": n}, n) for n in (2, 3, 4)]
    assert tried("ping_pong", "teams = 3 .. 3") == [3]


def test_durations_go_in_the_unit_in_which_they_are_written() -> None:
    assert tried("stalled_handoff", "limit_ms=4h..8h") == [h * HOUR for h in range(4, 9)]
    assert tried("stalled_handoff", "limit_ms=30m..1h") == [
        30 * MINUTE, 33 * MINUTE, 37 * MINUTE, 41 * MINUTE, 45 * MINUTE, 48 * MINUTE, 52 * MINUTE, 56 * MINUTE, HOUR,
    ]  # fmt: skip


def test_of_many_values_some_are_tried_from_end_to_end() -> None:
    assert values(1, 13) == list(range(1, 14))
    assert values(0, 80) == [0, 10, 20, 30, 40, 50, 60, 70, 80]
    assert values(1, 14)[::8] == [1, 14]
    assert all(value % 5 == 0 for value in values(0, 100, 5))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("teams", "write PARAMETER=A..B"),
        ("teams=3", "write PARAMETER=A..B"),
        ("teams=5..2", "5..2: goes down"),
        ("teams=two..5", "write a number and a unit"),
        ("team=2..5", 'team: is unknown; did you mean "teams"?'),
        ("version=1..2", "version: is fixed by the plug-in"),
    ],
)
def test_what_can_not_be_tried(text: str, words: str) -> None:
    with pytest.raises(Faults, match="--sweep") as caught:
        swept(SIGNALS_FOUND["ping_pong"], text)
    assert words in str(caught.value)


def test_a_table_has_no_values_between_two_others() -> None:
    with pytest.raises(Faults, match="is no number"):
        swept(SIGNALS_FOUND["stalled_handoff"], "limit_by_team_ms=1h..2h")


@pytest.mark.parametrize("ms", [0, 1, 1_500, MINUTE, 90 * MINUTE, 25 * HOUR, 14 * 86_400_000])
def test_a_duration_is_written_as_it_is_read(ms: int) -> None:
    assert duration(as_duration(ms)) == ms


def test_a_value_is_shown_as_settings_have_it() -> None:
    assert (shown("limit_ms", 90 * MINUTE), shown("teams", 90)) == ("90m", "90")
