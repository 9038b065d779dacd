"""Readings at the log's end, row by row. Covers stream/windows.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import pytest

from stream.aggregates import KpiPartition
from stream.claims import Change, Differences, Kpi, Window
from stream.definitions import BEAT, DAY, HOUR, MINUTE, Definitions
from stream.readings import Reading, readings
from tests.support.differences import REVISION, Fake, Open, Share, Took, cut, records


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


END = ms("2026-11-20T12:00:30")
Row = tuple[str, int, dict[str, int], dict[str, str]]  # KPI, time, parts, cut


class Age(Fake):
    """Mean age of what is open, with what is older than a day."""

    name = "age"
    unit = "s"
    flows: tuple[str, ...] = ("over_1d",)
    levels: tuple[str, ...] = ("n", "opened")
    windows: tuple[str, ...] = ("now",)
    ages: ClassVar = {"over_1d": DAY}

    def value(self, p: Window) -> float | None:
        n = p.end("n")
        return (n * (p.end_time // 1000) - p.end("opened")) / n if n else None

    def n(self, p: Window) -> int:
        return p.end("n")


class Churn(Fake):
    """Those lost in a month, of those there at its start."""

    name = "churn"
    flows: tuple[str, ...] = ("lost",)
    levels: tuple[str, ...] = ("active",)
    windows: tuple[str, ...] = ("month",)
    cuts: tuple[str, ...] = ("segment",)

    def value(self, p: Window) -> float | None:
        return p.sum("lost") / n if (n := self.n(p)) else None

    def n(self, p: Window) -> int:
        return p.start("active")

    def parts(self, p: Window) -> dict[str, int]:
        return {"num": p.sum("lost"), "den": self.n(p)}


class Churn30(Churn):
    name = "churn_30d"
    windows: tuple[str, ...] = ("now",)
    span = 30 * DAY


class Settles(Share):
    name = "settles"
    matures = 7 * DAY


class Part(Share):
    """Share of all."""

    name = "part"
    flows: tuple[str, ...] = ("num",)

    def value(self, p: Window) -> float | None:
        return p.sum("num") / n if (n := self.n(p)) else None

    def n(self, p: Window) -> int:
        return p.all.sum("num")


def read(kpi: Kpi, rows: Iterable[Row], end: int = END, **settings: Any) -> list[Reading]:
    definitions = Definitions(partitions=1, kpi_partitions=1, **settings)
    partition = KpiPartition(definitions, REVISION, {kpi.name: kpi}, [], 0, {}, None, keep_panes=True)
    changes = [
        (at, Change(name, at // MINUTE, about, parts)) for name, at, parts, dims in rows for about in [cut(**dims)]
    ]
    beats: dict[int, list[Change]] = {}
    for at, change in sorted(changes, key=lambda each: each[0]):
        beats.setdefault(at // BEAT, []).append(change)
    list(partition.feed(records([Differences(1, REVISION, 0, 1, 1, end, sorted(beats.items()))])))
    return list(readings([partition], {kpi.name: kpi}, definitions, end, end))


def brief(found: Iterable[Reading]) -> list[tuple[Any, ...]]:
    return [(r.window, *r.cut.values(), r.value, r.n, r.status) for r in found]


def share(text: str, num: int, den: int, kpi: str = "share", **dims: str) -> Row:
    return kpi, ms(text), {"num": num, "den": den}, dims


def test_a_flow_is_read_over_all_and_by_month_from_the_first_with_a_denominator() -> None:
    rows = [share("2026-09-30T23:59:59", 1, 1), share("2026-11-01", 1, 4)]
    assert brief(read(Share(), rows)) == [
        ("all", 0.4, 5, "final"),
        ("2026-09", 1.0, 1, "final"),
        ("2026-10", None, 0, "final"),
        ("2026-11", 0.25, 4, "provisional"),
    ]


def test_months_are_those_of_the_tenant() -> None:
    rows = [share("2026-09-30T22:30:00", 1, 1), share("2026-10-31T23:30:00", 0, 1)]
    found = read(Share(), rows, timezone="Europe/Berlin")
    assert [(r.window, r.value, r.end) for r in found][1:] == [
        ("2026-10", 1.0, ms("2026-10-31T23:00:00")),
        ("2026-11", 0.0, ms("2026-11-30T23:00:00")),
    ]


def test_a_reading_as_json() -> None:
    found = read(Took(), [("took", END - HOUR, {"sum": 7_200, "n": 2, "h:85": 2}, {"segment": "big"})])
    assert msgspec.json.decode(msgspec.json.encode(found[1])) == {
        "kpi": "took",
        "version": 1,
        "window": "all",
        "end": END,
        "cut": {"segment": "big"},
        "value": 3600.0,
        "n": 2,
        "parts": {"sum": 7200, "n": 2, "h": {"85": 2}},
        "quantiles": {"p50": 1.1**85.5, "p90": 1.1**85.5},
        "as_of": END,
        "status": "final",
        "unit": "s",
        "small_n": True,
    }


def test_nothing_known_is_null() -> None:
    (only,) = read(Took(), [])
    assert (only.value, only.n, only.parts, only.small_n) == (None, 0, {"sum": 0, "n": 0, "h": {}}, True)
    assert only.quantiles == {"p50": None, "p90": None}


def test_a_level_is_read_now() -> None:
    rows = [("open", ms("2026-10-05"), {"n": 3}, {"segment": "big"}), ("open", END - 20_000, {"n": -1}, {})]
    assert brief(read(Open(), rows)) == [("now", 2, 2, "final"), ("now", "big", 3, 3, "final")]


def test_an_age_is_read_from_sums() -> None:
    rows: list[Row] = [
        ("age", at, {"n": 1, "opened": at // 1000, "over_1d": 1}, {}) for at in (END - 3 * DAY, END - HOUR)
    ]
    (only,) = read(Age(), rows)
    assert (only.value, only.parts["over_1d"]) == ((3 * DAY + HOUR) / 2 / 1000, 1)


def test_a_cohort_of_the_months_start() -> None:
    rows = [
        ("churn", ms("2026-09-10"), {"active": 4}, {"segment": "big"}),
        ("churn", ms("2026-10-10"), {"active": -1, "lost": 1}, {"segment": "big"}),
    ]
    found = read(Churn(), rows)
    assert brief(found) == [
        ("2026-10", 0.25, 4, "final"),
        ("2026-10", "big", 0.25, 4, "final"),
        ("2026-11", 0.0, 3, "provisional"),
        ("2026-11", "big", 0.0, 3, "provisional"),
    ]
    assert found[0].parts == {"num": 1, "den": 4}


def test_a_level_of_before_the_log_is_partial() -> None:
    rows: list[Row] = [
        ("churn", ms("2026-10-01T00:00:30"), {"active": 4}, {}),
        ("churn", ms("2026-10-02"), {"active": 1}, {}),
    ]
    assert brief(read(Churn(), rows)) == [("2026-11", 0.0, 5, "provisional")]
    young: list[Row] = [("churn_30d", END - 29 * DAY, {"active": 4}, {})]
    assert brief(read(Churn30(), young)) == [("now", None, 0, "partial")]


def test_now_may_look_back() -> None:
    rows: list[Row] = [
        ("churn_30d", END - 31 * DAY, {"active": 4}, {}),
        ("churn_30d", END - 3 * DAY, {"active": -1, "lost": 1}, {}),
    ]
    assert brief(read(Churn30(), rows)) == [("now", 0.25, 4, "final")]


@pytest.mark.parametrize(("age", "status"), [(7 * DAY - MINUTE, "provisional"), (7 * DAY + MINUTE, "final")])
def test_a_cohort_is_provisional_until_it_matures(age: int, status: str) -> None:
    rows: list[Row] = [("settles", END - 8 * DAY, {"num": 1, "den": 1}, {"segment": "old"})]
    rows += [("settles", END - age, {"num": 1, "den": 1}, {"segment": "new"})]
    found = {(r.window, *r.cut.values()): r.status for r in read(Settles(), rows)}
    assert (found["all",], found["all", "new"], found["all", "old"]) == (status, status, "final")


def test_the_largest_labels_are_shown_ties_by_name() -> None:
    rows = [share("2026-11-01", 0, n, segment=name) for name, n in (("a", 1), ("c", 2), ("b", 2), ("d", 1), ("e", 3))]
    found = [r.cut["segment"] for r in read(Share(), rows, label_shown=4) if r.window == "all" and r.cut]
    assert found == ["e", "b", "c", "a"]


def test_cuts_by_pairs_and_shares_of_all() -> None:
    rows: list[Row] = [("part", END, {"num": n}, {"segment": s, "channel": c}) for n, s, c in
                       ((1, "big", "mail"), (2, "big", "chat"), (1, "small", "mail"))]  # fmt: skip
    found = read(Part(), rows, pairs=(("segment", "channel"),))
    assert {tuple(r.cut.values()): r.value for r in found if r.window == "all"} == {
        (): 1.0,
        ("mail",): 0.5,
        ("chat",): 0.5,
        ("big",): 0.75,
        ("small",): 0.25,
        ("mail", "big"): 0.25,
        ("chat", "big"): 0.5,
        ("mail", "small"): 0.25,
    }


def test_partitions_add_up_to_the_same() -> None:
    kpis: dict[str, Kpi] = {k.name: k for k in (Share(), Took())}
    d = Definitions(partitions=1, kpi_partitions=2)
    changes = [Change("share", END // MINUTE, (), {"num": 1, "den": 2}), Change("took", END // MINUTE, (), {"n": 1})]

    def folded(*shares: list[Change]) -> list[Reading]:
        parts = []
        for i, share in enumerate(shares):
            parts.append(KpiPartition(d, REVISION, kpis, [], i, {}, None, keep_panes=True))
            list(parts[-1].feed(records([Differences(1, REVISION, 0, 1, 1, END, [(END // BEAT, share)])])))
        return list(readings(parts, kpis, d, END, END))

    assert folded(changes) == folded(changes[:1], changes[1:]) != folded([], changes[1:])
