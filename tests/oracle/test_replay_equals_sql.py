"""The program comes to the readings of the SQL, whatever the network did to the log: at its end, and on the way.

`make oracle` runs worlds of its size: JOURNEYWATCH_ORACLE = how many customers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from random import Random

import msgspec
import pytest

from stream.definitions import WEEKDAYS
from stream.infra import plugins
from stream.infra.plugins import discover
from stream.infra.settings import load
from stream.infra.world import RATES, disturb, world, write
from tests.oracle.logs import DAY, HOUR, JANUARY, MINUTE, utc
from tests.oracle.moments import Walk
from tests.oracle.oracle import PAIRS, Oracle, Readings, compare
from tests.oracle.people import last_words, reviewed
from tests.support.replaying import replay, rows

ASKED = int(os.environ.get("JOURNEYWATCH_ORACLE", "0"))  # customers; 0 = what `make test` has time for
MONTHS, SEED = 14, 11
START = JANUARY - 92 * DAY
END = START + MONTHS * 30 * DAY + 12_345_678
MONEY = {"USD": "1", **RATES}
THEMES = {"slow": ("slow", "days"), "good": ("quick", "great")}
HOURS = {"": (("09:00-17:00",), 5), "platform": (("06:00-12:00", "13:30-22:15"), 7)}  # team -> spans, days from monday
SETTINGS = f"""
[log]
partitions = 2
kpi_partitions = 2
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


def log_of(path: Path, customers: int, months: int = MONTHS, *, disturbed: bool = True) -> int:
    """Writes a world to `path`; its end, ms. Reviews are disturbed like all else, the last words are heard at once."""
    end = END - (MONTHS - months) * 30 * DAY
    events = reviewed(world(customers, START, end, SEED), SEED)
    write(path, last_words(disturb(events, 5) if disturbed else events, end))
    return end


@pytest.mark.slow
@pytest.mark.timeout(20_000)
@pytest.mark.parametrize(
    ("customers", "months", "disturbed"),
    [(60, MONTHS, False), (ASKED or 60, MONTHS, True), (2_000, 1, True)],
    ids=["as it happened", "late, shuffled, repeated", "many"],
)
def test_all_readings(tmp_path: Path, customers: int, months: int, disturbed: bool) -> None:
    """Every KPI, "all", "now" and each month, under every cut."""
    log, settings = tmp_path / "log.ndjson", tmp_path / "settings.toml"
    end = log_of(log, customers, months, disturbed=disturbed)
    settings.write_text(SETTINGS)
    out = replay(tmp_path / "out", log, "--settings", settings)
    found = rows(out, "readings.json")
    hours, alerts = shifts(START, end), out / "alerts.json"
    truth = Oracle([log], rates=MONEY, themes=THEMES, shifts=hours, alerts=alerts).readings()
    there = discover("stream.kpis", "KPI")
    assert compare(found, {key: row for key, row in truth.items() if key.kpi in there}) == []
    if months > 1:  # in one month none is over: what is asked of the customers at its start has no data
        assert {row["kpi"] for row in found if row["n"]} == set(there) == {key.kpi for key in truth} & set(there)


def shown(truth: Readings, windows: Mapping[str, set[str]], month: str) -> Readings:
    """What a live pipe shows of it: of each KPI its own windows, of the months the one that runs."""
    names = {kpi: {month if name == "month" else name for name in its} for kpi, its in windows.items()}
    return {key: row for key, row in truth.items() if key.window in names.get(key.kpi, ())}


@pytest.mark.slow
@pytest.mark.timeout(20_000)
def test_rolling_windows_on_the_way(tmp_path: Path) -> None:
    """What a live pipe shows at random moments: each window, the month so far, levels now; of what is heard by then."""
    log, settings = tmp_path / "log.ndjson", tmp_path / "settings.toml"
    customers, many = (min(ASKED, 2_000), 50) if ASKED else (60, 8)
    events = disturb(world(customers, START, END, SEED), 5)
    write(log, events)
    settings.write_text(SETTINGS)
    effective = load(settings, {})
    kpis = {
        name: kpi for name, kpi in plugins.load(effective).kpis.items() if name not in ("health", "signal_precision")
    }
    moments = sorted(Random(SEED).randrange(START + DAY, END) for _ in range(many))
    oracle = Oracle([log], rates=MONEY, themes=THEMES, shifts=shifts(START, END + 8 * DAY))
    windows = {name: set(kpi.windows) for name, kpi in kpis.items()}
    for moment, readings in Walk(effective.definitions, kpis).readings(events, moments):
        truth = shown(oracle.readings(moment, live=True), windows, utc(moment)[:7])
        assert compare([msgspec.structs.asdict(row) for row in readings], truth) == [], moment
