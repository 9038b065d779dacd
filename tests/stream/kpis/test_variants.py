"""Variants side by side, row by row: what each counts of one log. Covers stream/benchmarks.py."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.benchmarks import Benchmark
from stream.definitions import DAY, HOUR, SURVEYS, Definitions, Survey
from stream.infra.tuning import altered
from stream.infra.variants import declared
from tests.support.builders import (
    DEFINITIONS,
    KPIS_FOUND,
    Told,
    answered,
    cancelled,
    opened,
    resolved,
    started,
    updated,
)
from tests.support.reading import Readings, read_of

SUPPORT = Survey("ces", 1, 5, "low")
D = msgspec.structs.replace(DEFINITIONS, surveys=SURVEYS | {"ces_support": SUPPORT, "nps_shop": SURVEYS["nps"]})


def kpis(tunings: dict[str, Any], d: Definitions = D) -> dict[str, Any]:
    found, said = declared(KPIS_FOUND, tunings, d, ())
    assert not said
    return found


def read(tunings: dict[str, Any], *events: Told, until: int | None = None) -> dict[str, Readings]:
    """The variants and their parents."""
    names = {**tunings, **{given["of"]: None for given in tunings.values()}}
    return read_of({name: kpi for name, kpi in kpis(tunings).items() if name in names}, *events, until=until, d=D)


def test_efforts_of_two_scales_and_directions() -> None:
    """1-5, low = easy, beside 1-7, high = easy: no score of one counts in the other; `effort` has both."""
    rows = [answered("A", 0, 6), answered("B", 0, 3), answered("C", 0, 2, "ces_support"),
            answered("D", 0, 5, "ces_support"), answered("E", 0, 1, "ces_support")]  # fmt: skip
    only = ["ces_support"]
    r = read({f"{of}_support": {"of": of, "surveys": only} for of in ("ces", "ces_easy", "ces_net", "effort")}, *rows)
    assert (r["ces"].value("all"), r["ces_support"].parts("all")) == (4.5, {"sum": 8, "n": 3})
    assert (r["ces_easy"].parts("all"), r["ces_easy_support"].parts("all")) == (
        {"num": 1, "den": 2},
        {"num": 2, "den": 3},
    )
    assert r["ces_net_support"].parts("all") == {"easy": 2, "hard": 1, "n": 3}
    assert (r["effort"].parts("all")["n"], r["effort_support"].parts("all")["n"]) == (5, 3)
    assert r["effort_support"].parts("all")["sum"] == 250_000 + 1_000_000 + 0


def test_nps_of_one_survey() -> None:
    """The latest answer of each customer to that survey, whatever it says in another."""
    rows = [answered("A", 0, 10, "nps_shop"), answered("B", DAY, 0, "nps")]
    r = read({"nps_shop": {"of": "nps", "surveys": ["nps_shop"]}}, *rows)
    assert (r["nps"].value("now"), r["nps_shop"].value("now")) == (-100, 100)


def test_first_contact_resolution_within_other_times() -> None:
    """Resolved, and heard of again after 3 d or after 20 d."""
    rows = [opened("A", 0, topic="a"), resolved("A", HOUR), opened("B", 3 * DAY, topic="a"),
            resolved("B", 3 * DAY + HOUR), opened("C", 23 * DAY, topic="a"),
            resolved("C", 23 * DAY + HOUR)]  # fmt: skip
    tunings = {f"fcr_{days}d": {"of": "fcr", "matures": f"{days}d"} for days in (2, 30)}
    r = read(tunings, *rows, until=60 * DAY)
    assert {name: each.parts("all")["num"] for name, each in r.items()} == {"fcr": 2, "fcr_2d": 3, "fcr_30d": 1}
    assert all(each.parts("all")["den"] == 3 for each in r.values())
    young = read(tunings, *rows, until=31 * DAY)
    assert {name: each["all"].status for name, each in young.items()} == {
        "fcr": "final",
        "fcr_2d": "final",
        "fcr_30d": "provisional",
    }


def test_a_ticket_is_kept_while_another_looks_back_at_it_within_the_variants_time() -> None:
    """The first is over 90 d after its last step, but the second, opened 20 d later, took its own one contact from it:
    it gives that back when it gets another topic, and no more than that.
    """
    rows = [opened("A", 0, topic="a"), resolved("A", HOUR), opened("B", 20 * DAY, topic="a"),
            resolved("B", 20 * DAY + HOUR), updated("B", 100 * DAY, topic="b")]  # fmt: skip
    r = read({"v": {"of": "one_contact", "matures": "30d"}}, *rows)
    assert (r["v"].parts("all", "topic=a"), r["v"].parts("all", "topic=b")) == (
        {"num": 1, "den": 1},
        {"num": 1, "den": 1},
    )


def test_churn_over_other_times() -> None:
    """Who was there 90 d ago, beside 30 d ago and by month."""
    rows = [started("A", 0, subject="a"), started("B", 0, subject="b"), cancelled("A", 40 * DAY, subject="a")]
    r = read({"churn_rate_90d": {"of": "churn_rate_30d", "back": "90d"}, "churn": {"of": "churn_rate"}},
             *rows, until=100 * DAY)  # fmt: skip
    assert r["churn_rate_90d"].parts("now") == {"num": 1, "den": 2}
    assert r["churn_rate_30d"].parts("now") == {"num": 0, "den": 1}
    assert r["churn"].parts("2026-07") == r["churn_rate"].parts("2026-07") == {"num": 1, "den": 2}


def test_a_reading_says_how_far_it_is_from_its_benchmarks() -> None:
    """Value less benchmark, in the KPI's unit; nothing without a value, and no field at all without benchmarks."""
    rows = [opened("A", 0), resolved("A", HOUR)]
    mark = Benchmark("goal", 0.8, "ourselves", 2026)
    kpi: Any = altered(KPIS_FOUND["fcr"], benchmarks=(mark,))
    r = read_of({"fcr": kpi, "ces": KPIS_FOUND["ces"]}, *rows, until=9 * DAY)
    (said,) = msgspec.to_builtins(r["fcr"]["all"])["benchmarks"]
    assert said == {**mark._asdict(), "distance": 0.2}
    none = read_of({"fcr": kpi}, opened("A", 0), until=DAY)["fcr"]
    assert [one.distance for one in none["all"].benchmarks] == [None]
    assert "benchmarks" not in msgspec.to_builtins(r["ces"]["all"])
