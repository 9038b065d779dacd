"""What the panes of all KPIs need at the most: `python -m bench.panes [--days 400] [--values 40]`.

Every pane is filled: each day, each hour of the 36 d and each minute of the 3 h in which these are kept, of every KPI,
for all and for so many values of each of its dimensions. The closed layer (36 d of the KPIs that watches look at) is
not in it.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

from stream.claims import Cut, Kpi
from stream.days import Days
from stream.definitions import DAY, HOUR, MINUTE
from stream.histogram import bucket
from stream.infra.plugins import discover
from stream.panes import HOURS, MINUTES, PaneTable, Series
from stream.windows import grains

END = 1_795_305_600_000  # 2026-11-22T00:00Z
SUM = 123_456  # of a part, in a pane: 5 bytes of msgpack
DURATIONS = [2**i for i in range(6, 18)]  # s, a minute to a day and a half: 12 buckets in a pane


def parts(kpi: Kpi) -> dict[str, int]:
    """What a pane holds: each named sum, and a histogram's buckets."""
    named = dict.fromkeys((name for name in (*kpi.flows, *kpi.levels) if name != "h"), SUM)
    return named | (dict.fromkeys(map(bucket, DURATIONS), 7) if "h" in kpi.flows else {})


def cuts(kpi: Kpi, values: int) -> Iterator[Cut]:
    """All, and each value of each dimension."""
    yield ()
    for dim in kpi.cuts:
        yield from (((dim, f"{dim}-{i:04}"),) for i in range(values))


def starts(series_of_hours: bool, series_of_minutes: bool, day: int) -> Iterator[int]:
    """The finest panes of the UTC day that begins at `day` (ms) that are kept at `END`, as minutes since the epoch."""
    if not series_of_hours or day < END - HOURS:
        yield day // MINUTE
        return
    for hour in range(day, day + DAY, HOUR):
        fine = series_of_minutes and hour >= END - MINUTES
        yield from range(hour // MINUTE, (hour + HOUR) // MINUTE, 1 if fine else 60)


def fill(table: PaneTable, days: int, values: int) -> None:
    """Fills the panes day by day, as a worker would have over the time."""
    series: list[tuple[Series, dict[str, int], tuple[bool, bool]]] = []
    for name, kpi in discover("stream.kpis", "KPI").items():
        hours, minutes = grains(kpi, replay=False)
        opened = [table.open(name, cut, hours=hours, minutes=minutes) for cut in cuts(kpi, values)]
        series += [(one, parts(kpi), (hours, minutes)) for one in opened]
    for day in range(END - days * DAY, END, DAY):
        for one, sums, grain in series:
            for minute in starts(*grain, day):
                one.add(minute, sums)
            table.rows.update((row, value) for row, value in one.flush() if value is not None)
        table.forget()


def resident() -> int:
    """Bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.panes", description=__doc__)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--values", type=int, default=40, help="of each dimension")
    args = parser.parse_args()
    rows: dict[bytes, bytes] = {}
    table = PaneTable("d", rows, Days("UTC"), keep=False)
    table.advance(END)
    began, before = time.perf_counter(), resident()
    fill(table, args.days, args.values)
    size = sum(len(row) + len(value) for row, value in rows.items())
    print(f"{len(table.series):,} series, {args.days} days, {args.values} values a dimension: {len(rows):,} rows, "
          f"{size / 2**20:,.0f} MiB of keys and values, {(resident() - before) / 2**20:,.0f} MiB resident "
          f"({time.perf_counter() - began:.0f} s)")  # fmt: skip


if __name__ == "__main__":
    main()
