"""What the SQL is given beside the log: survey definitions, rates, themes, working hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb


class Survey(NamedTuple):
    """A survey definition: its family, the ends of its scale, and whether a high score is the easy (good) end."""

    family: str
    low: int
    high: int
    easy_high: bool = True


SURVEYS = {"ces": Survey("ces", 1, 7), "csat": Survey("csat", 1, 5), "nps": Survey("nps", 0, 10)}


def settings(
    db: duckdb.DuckDBPyConnection,
    surveys: Mapping[str, Survey],
    rates: Mapping[str, str],
    themes: Mapping[str, Sequence[str]],
    shifts: Mapping[str, Sequence[tuple[int, int]]],
) -> None:
    """Tables of the settings."""
    kinds = "kind VARCHAR, family VARCHAR, low BIGINT, high BIGINT, easy_high BOOLEAN, place INT"
    table(db, "survey_kind", kinds, ((kind, *survey, place) for place, (kind, survey) in enumerate(surveys.items())))
    table(db, "rate", "currency VARCHAR, rate DECIMAL(18, 6)", rates.items())
    table(db, "theme", "name VARCHAR, words VARCHAR[]", ((name, list(words)) for name, words in themes.items()))
    spans = ((team, *span) for team, spans in shifts.items() for span in spans)
    table(db, "shift", "team VARCHAR, lo BIGINT, hi BIGINT", spans)
    db.execute("ALTER TABLE rate ADD COLUMN micro HUGEINT")
    db.execute("UPDATE rate SET micro = (rate * 1000000)::HUGEINT")


def table(db: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """A new table of these rows."""
    db.execute(f"CREATE TABLE {name} ({columns})")
    if given := [list(row) for row in rows]:
        db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(given[0]))})", given)
