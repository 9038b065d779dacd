"""`journeywatch replay` comes to the readings of the SQL, whatever the network did to the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.infra.plugins import discover
from stream.infra.world import RATES, disturb, world, write
from tests.oracle.logs import DAY, JANUARY
from tests.oracle.oracle import PAIRS, compare, compute
from tests.support.replaying import replay, rows

CUSTOMERS, MONTHS, SEED = 60, 14, 11
THEMES = {"slow": ("slow", "days"), "good": ("quick", "great")}
SETTINGS = f"""
[currencies.USD]
[currencies.EUR]
rate = "{RATES["EUR"]}"
[cuts]
pairs = {[list(pair) for pair in PAIRS]}
[kpis.feedback_themes.themes]
slow = {list(THEMES["slow"])}
good = {list(THEMES["good"])}
"""


@pytest.mark.slow
@pytest.mark.parametrize("disturbed", [False, True], ids=["as it happened", "late, shuffled, repeated"])
def test_all_readings(tmp_path: Path, disturbed: bool) -> None:
    """Every KPI, "all", "now" and each month, under every cut."""
    events = world(CUSTOMERS, JANUARY - 92 * DAY, JANUARY - 92 * DAY + MONTHS * 30 * DAY + 12_345_678, SEED)
    log, settings = tmp_path / "log.ndjson", tmp_path / "settings.toml"
    write(log, disturb(events, 5) if disturbed else events)
    settings.write_text(SETTINGS)
    found = rows(replay(tmp_path / "out", log, "--settings", settings), "readings.json")
    there = discover("stream.kpis", "KPI")
    computed = compute([log], rates={"USD": "1", **RATES}, themes=THEMES)
    truth = {key: row for key, row in computed.items() if key.kpi in there}
    assert compare(found, truth) == []
    told = {row["kpi"] for row in found if row["n"]}
    assert told == set(there) - {"signal_precision"}  # nobody reviews alerts in this world
    assert told - {key.kpi for key in truth} <= {"health"}  # it depends on alerts: not in SQL
