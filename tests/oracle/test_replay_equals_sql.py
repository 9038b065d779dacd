"""`journeywatch replay` comes to the readings of the SQL, whatever the network did to the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.definitions import WEEKDAYS
from stream.infra.plugins import discover
from stream.infra.world import RATES, disturb, world, write
from tests.oracle.logs import DAY, HOUR, JANUARY, MINUTE
from tests.oracle.oracle import PAIRS, compare, compute
from tests.support.replaying import replay, rows

CUSTOMERS, MONTHS, SEED = 60, 14, 11
THEMES = {"slow": ("slow", "days"), "good": ("quick", "great")}
HOURS = {"": (("09:00-17:00",), 5), "platform": (("06:00-12:00", "13:30-22:15"), 7)}  # team -> spans, days from monday
SETTINGS = f"""
[currencies.USD]
[currencies.EUR]
rate = "{RATES["EUR"]}"
[cuts]
pairs = {[list(pair) for pair in PAIRS]}
[kpis.feedback_themes.themes]
slow = {list(THEMES["slow"])}
good = {list(THEMES["good"])}
[calendars.default]
[calendars.other]
teams = ["platform"]
hours = {{ {", ".join(f"{day} = {list(HOURS['platform'][0])}" for day in WEEKDAYS)} }}
"""


def shifts(start: int, end: int) -> dict[str, list[tuple[int, int]]]:
    """What HOURS comes to between two times, ms, in UTC."""
    found: dict[str, list[tuple[int, int]]] = {team: [] for team in HOURS}
    for day in range(start // DAY, end // DAY + 1):
        for team, (spans, days) in HOURS.items():
            if (day + 3) % 7 < days:  # the first day of 1970 was a thursday
                for span in spans:
                    low, high = (int(t[:2]) * HOUR + int(t[3:]) * MINUTE for t in span.split("-"))
                    found[team].append((day * DAY + low, day * DAY + high))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("disturbed", [False, True], ids=["as it happened", "late, shuffled, repeated"])
def test_all_readings(tmp_path: Path, disturbed: bool) -> None:
    """Every KPI, "all", "now" and each month, under every cut."""
    start, end = JANUARY - 92 * DAY, JANUARY - 92 * DAY + MONTHS * 30 * DAY + 12_345_678
    events = world(CUSTOMERS, start, end, SEED)
    log, settings = tmp_path / "log.ndjson", tmp_path / "settings.toml"
    write(log, disturb(events, 5) if disturbed else events)
    settings.write_text(SETTINGS)
    found = rows(replay(tmp_path / "out", log, "--settings", settings), "readings.json")
    there = discover("stream.kpis", "KPI")
    computed = compute([log], rates={"USD": "1", **RATES}, themes=THEMES, shifts=shifts(start, end + 8 * DAY))
    truth = {key: row for key, row in computed.items() if key.kpi in there}
    assert compare(found, truth) == []
    told = {row["kpi"] for row in found if row["n"]}
    assert told == set(there) - {"signal_precision"}  # nobody reviews alerts in this world
    assert told - {key.kpi for key in truth} <= {"health"}  # it depends on alerts: not in SQL
