"""Every KPI of a log recomputed in SQL, from the definitions alone: no code is shared with the program under test.

`compute` loads NDJSON logs into DuckDB and runs `sql/*.sql`; each file says for one family what is counted and when.
`compare` says where the rows of a `readings.json` differ. Choices that the definitions leave open: CHOICES.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from tests.oracle.kpis import KPIS, Kpi
from tests.oracle.tables import SURVEYS as SURVEYS
from tests.oracle.tables import Survey as Survey
from tests.oracle.tables import settings, table

SQL = Path(__file__).parent / "sql"
FAMILIES = ("known", "tickets", "surveys", "service", "money", "product", "readings")
OF_ALERTS = ("verdicts", "health")
DIMENSIONS = ("segment", "stage", "channel", "topic", "team", "kind", "theme", "content", "feature", "tier", "signal")
PAIRS = (("channel", "segment"), ("team", "topic"), ("feature", "segment"))
PARTS = "abcde"
SHARES = ("ticket_share", "feedback_themes", "adoption_rate")  # of a whole: of a label that is not met, 0 or no row


MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
# Windows as a live pipe has them: how long they are, and to what their beginning is rounded down, ms.
LIVE = {"5m": (5 * MINUTE, MINUTE), "1h": (HOUR, MINUTE), "24h": (DAY, HOUR), "7d": (7 * DAY, HOUR),
        "30d": (30 * DAY, HOUR), "90d": (90 * DAY, DAY)}  # fmt: skip


class Key(NamedTuple):
    """What a reading is of: KPI, window ("all", "now", "2026-10", "24h@<end ms>", "@<end ms>") and cut."""

    kpi: str
    window: str
    cut: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """A reading: its value (None without data), n, parts by name, exact quantiles (50, 90) of a duration in s.

    `parts_only`: value and n are not defined (the movements of MRR).
    """

    value: float | None
    n: int
    parts: dict[str, int] = field(default_factory=dict)
    quantiles: dict[int, int] = field(default_factory=dict)
    parts_only: bool = False


Readings = dict[Key, Row]


class Oracle:
    """A log in DuckDB. `rates`: currency -> units of the reporting currency for one of it, as a decimal string.

    `shifts`: team ("" for all others) -> its working hours as [from, to) in ms; without, every hour is worked.
    `alerts`: the `alerts.json` of the program under test, for what speaks of alerts: `health` (as if all
    customers were looked at just then) and `signal_precision`; without, they are not there.
    """

    def __init__(
        self,
        ndjson_paths: Iterable[Path],
        *,
        surveys: Mapping[str, Survey] = SURVEYS,
        rates: Mapping[str, str] | None = None,
        themes: Mapping[str, Sequence[str]] | None = None,
        shifts: Mapping[str, Sequence[tuple[int, int]]] | None = None,
        alerts: Path | None = None,
        margin: float = 0.8,
    ) -> None:
        self._db, self._margin, self._has_alerts = duckdb.connect(), margin, alerts is not None
        self._db.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true; SET enable_progress_bar = false")
        settings(self._db, surveys, rates or {"USD": "1"}, themes or {}, shifts or {})
        self._db.execute(f"CREATE TABLE line AS SELECT row_number() OVER () AS place, json FROM {_files(ndjson_paths)}")
        self._db.execute("CREATE TABLE alert (id VARCHAR, signal VARCHAR, subject VARCHAR, status VARCHAR, "
                         "severity VARCHAR, opened BIGINT)")  # fmt: skip
        if alerts is not None:
            known = "{id: 'VARCHAR', signal: 'VARCHAR', subject: 'VARCHAR', status: 'VARCHAR', severity: 'VARCHAR'"
            self._db.execute(
                f"INSERT INTO alert FROM read_json({_text(alerts)}, columns = {known}, opened: 'BIGINT'}})"
            )
        self._db.execute((SQL / "load.sql").read_text(encoding="utf-8"))
        self._db.execute("DROP TABLE line")

    def readings(
        self,
        end: int | None = None,
        *,
        rolling: Mapping[str, int] | None = None,
        ends: Iterable[int] = (),
        live: bool = False,
        pairs: Iterable[tuple[str, str]] = PAIRS,
    ) -> Readings:
        """All readings as of `end` (ms; else the largest append time).

        `rolling`: window label -> width in ms, read at each of `ends` (ms, on the edge of a pane). `live`: also the
        windows that end at `end`, each under its own name.
        """
        db = self._db
        db.execute("CREATE SCHEMA one; SET search_path = 'one,main'")
        db.execute(f"SET VARIABLE stop = {'NULL' if end is None else end}::BIGINT")
        table(db, "rolling", "label VARCHAR, width BIGINT", (rolling or {}).items())
        table(db, "ending", "t BIGINT", ((t,) for t in ends))
        table(db, "live", "label VARCHAR, width BIGINT, edge BIGINT", ((n, *w) for n, w in LIVE.items() if live))
        for family in (*FAMILIES[:-1], *(OF_ALERTS if self._has_alerts else ()), FAMILIES[-1]):
            db.execute((SQL / f"{family}.sql").read_text(encoding="utf-8"))
        (as_of,) = db.execute("SELECT getvariable('as_of')").fetchone() or (0,)
        found: Readings = {}
        for cut in [(), *((name,) for name in DIMENSIONS), *pairs]:
            found.update(_read(db, cut))
        db.execute("SET search_path = 'main'; DROP SCHEMA one CASCADE")
        return _together(found, as_of, self._margin)


def compute(
    ndjson_paths: Iterable[Path],
    *,
    end: int | None = None,
    rolling: Mapping[str, int] | None = None,
    ends: Iterable[int] = (),
    pairs: Iterable[tuple[str, str]] = PAIRS,
    **given: Any,
) -> Readings:
    """All readings of the logs as of `end`; `given` and the rest as in `Oracle`."""
    return Oracle(ndjson_paths, **given).readings(end, rolling=rolling, ends=ends, pairs=pairs)


def _files(paths: Iterable[Path]) -> str:
    return f"read_ndjson_objects([{', '.join(map(_text, paths))}])"


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _read(db: duckdb.DuckDBPyConnection, cut: tuple[str, ...]) -> Readings:
    """The sums of every KPI and window in one cut; a fact without a value there has no row."""
    labels = ", ".join(cut) or "1"
    known = " AND ".join(f"{name} IS NOT NULL" for name in cut) or "true"
    sums = ", ".join(f"coalesce(sum({part}), 0)::HUGEINT" for part in PARTS)
    timed = ", ".join(f"'{name}'" for name, kpi in KPIS.items() if kpi.duration)
    rows = db.execute(
        f"SELECT kpi, win, [{', '.join(cut)}]::VARCHAR[], {sums}, count(*), "
        f"CASE WHEN kpi IN ({timed}) THEN list(a ORDER BY a) FILTER (kpi <> 'time_to_value' OR b = 1) END "
        f"FROM counted WHERE {known} GROUP BY kpi, win, {labels}"
    ).fetchall()
    return {
        Key(kpi, window, frozenset(zip(cut, values, strict=True))): _row(KPIS[kpi], sums, times)
        for kpi, window, values, *sums, times in rows
    }


def _row(kpi: Kpi, sums: list[int], times: list[int] | None) -> Row:
    parts = {name: int(total) for name, total in zip(kpi.parts, sums, strict=False)}
    quantiles = {q: times[(q * len(times) + 99) // 100 - 1] for q in (50, 90)} if times else {}
    n = parts[kpi.n]
    return Row(kpi.value(parts) if n else None, n, parts, quantiles)


def _together(found: Readings, as_of: int, margin: float) -> Readings:
    """Readings that need more than their own sums: shares of a whole, ages as of now, predictions."""
    done: Readings = {}
    for key, row in found.items():
        kpi, _, dimension = key.kpi.partition(" by ")
        if dimension:
            if dimension in dict(key.cut):
                rest = frozenset(pair for pair in key.cut if pair[0] != dimension)
                done[Key(kpi, *key[1:])] = _share(row.parts["num"], found[Key(kpi, key.window, rest)].n)
        elif kpi == "ticket_share":
            done[key] = _share(row.n, found[Key(kpi, key.window, frozenset())].n)
        elif kpi == "mrr movements":
            done[Key("mrr", *key[1:])] = Row(None, row.n, row.parts, parts_only=True)
        else:
            done[key] = Row(_late_value(kpi, row.parts, as_of, margin), row.n, row.parts) if kpi in LATE else row
    for key, row in found.items():
        if key.kpi == "arpc" and key.window == "now":
            done[Key("clv_predicted", *key[1:])] = _predicted(row, found.get(Key("churn_rate_30d", *key[1:])), margin)
    return done


LATE = ("open_age", "retention_roi")


def _late_value(kpi: str, parts: dict[str, int], as_of: int, margin: float) -> float | None:
    if kpi == "open_age":
        return (parts["n"] * as_of - parts["opened"]) / parts["n"] / 1000 if parts["n"] else None
    cost = parts["cost"]
    return (parts["mrr"] * margin - cost) / cost if cost and parts["customers"] else None


def _share(part: int, whole: int) -> Row:
    return Row(part / whole, whole, {"num": part, "den": whole})


def _predicted(arpc: Row, churn: Row | None, margin: float) -> Row:
    """ARPC x margin x lifetime, the lifetime 1 / churn of 30 d, at most 60 months."""
    if arpc.value is None or churn is None or churn.value is None:
        return Row(None, arpc.n)
    return Row(arpc.value * margin * (min(60.0, 1 / churn.value) if churn.value else 60.0), arpc.n)


def compare(rows: Iterable[Mapping[str, Any]], oracle: Readings) -> list[str]:
    """Where the rows of a `readings.json` differ from the oracle: a sentence each, none if they agree.

    Sums and n must be equal, values within 1e-9 relative, quantiles within 5 %. A reading without data stands for
    a missing one. KPIs that the oracle does not have, in such windows and cuts, are not looked at (see CHOICES.md).
    """
    faults: list[str] = []
    seen: set[Key] = set()
    known = {_sort(key): Row(None, 0, parts_only=row.parts_only) for key, row in oracle.items()}
    for row in rows:
        key = Key(row["kpi"], row["window"], frozenset(row["cut"].items()))
        seen.add(key)
        if _sort(key) in known and not (key not in oracle and key.kpi in SHARES and row["value"] == 0):
            faults += [f"{_name(key)}: {fault}" for fault in _differences(row, oracle.get(key, known[_sort(key)]))]
    missing = [key for key, row in oracle.items() if row.n and key not in seen and "@" not in key.window]
    return faults + [f"{_name(key)}: no reading, oracle n {oracle[key].n}" for key in sorted(missing, key=_name)]


def _sort(key: Key) -> tuple[str, str, frozenset[str]]:
    """The KPI, "month" or the window, and the dimensions of the cut."""
    window = "month" if key.window[:1].isdigit() and "-" in key.window else key.window
    return key.kpi, window, frozenset(name for name, _ in key.cut)


def _differences(row: Mapping[str, Any], truth: Row) -> list[str]:
    faults = []
    if not truth.parts_only:
        if row["n"] != truth.n:
            faults.append(f"n {row['n']}, oracle {truth.n}")
        if not _close(row["value"], truth.value):
            faults.append(f"value {row['value']}, oracle {truth.value}")
    both = sorted(truth.parts.keys() & row["parts"].keys())
    wrong = [name for name in both if row["parts"][name] != truth.parts[name]]
    faults += [f"part {name} {row['parts'][name]}, oracle {truth.parts[name]}" for name in wrong]
    for name, shown in (row.get("quantiles") or {}).items():
        exact = truth.quantiles.get(_percent(name))
        if exact is not None and shown is not None and abs(shown - exact) > 0.05 * exact:
            faults.append(f"quantile {name} {shown}, oracle {exact}")
    return faults


def _percent(name: str) -> int:
    """50 from "p50", "50" or "0.5"."""
    number = float(name.lstrip("p"))
    return round(number * 100 if number < 1 else number)


def _close(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def _name(key: Key) -> str:
    cut = ", ".join(f"{name}={label}" for name, label in sorted(key.cut))
    return f"{key.kpi} {key.window}" + (f" {{{cut}}}" if cut else "")
