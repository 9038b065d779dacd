"""`[kpis.NAME]`: variants under names of their own, benchmarks; what the definitions can not give is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stream.benchmarks import Benchmark, benchmarks
from stream.definitions import DAY
from stream.faults import Faults
from stream.infra import plugins
from stream.infra.plugins import Plugins
from stream.infra.settings import load
from tests.support.tools import ROOT

TWO_SCALES = """
[surveys.ces_support]
family = "ces"
low = 1
high = 5
better = "low"
[kpis.ces_support]
of = "ces"
surveys = ["ces_support"]
"""


def loaded(tmp_path: Path, text: str) -> Plugins:
    path = tmp_path / "s.toml"
    path.write_text(text)
    return plugins.load(load(path, {}))


def refused(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        loaded(tmp_path, text)
    return [str(fault).removeprefix(f"{tmp_path}/") for fault in caught.value.faults]


def test_a_variant_stands_beside_its_parent(tmp_path: Path) -> None:
    """It takes the plug-in's own fields, not those that settings give its parent; its scale says what is better."""
    kpis = loaded(tmp_path, TWO_SCALES + '[kpis.ces]\nmin_n = 50\n[kpis.fcr_2d]\nof = "fcr"\nmatures = "2d"\n').kpis
    assert list(kpis) == sorted(kpis)
    assert (kpis["ces"].min_n, kpis["ces_support"].min_n) == (50, 30)
    assert (kpis["ces"].better, kpis["ces_support"].better) == ("higher", "lower")
    assert (kpis["fcr"].matures, kpis["fcr_2d"].matures, kpis["fcr_2d"].name) == (7 * DAY, 2 * DAY, "fcr_2d")
    assert type(kpis["fcr"]) is type(kpis["fcr_2d"])


def test_the_better_end_of_a_score_is_its_definitions(tmp_path: Path) -> None:
    text = '[surveys.ces]\nfamily = "ces"\nlow = 1\nhigh = 5\nbetter = "low"\n'
    kpis = loaded(tmp_path, text).kpis
    assert (kpis["ces"].better, kpis["csat"].better, kpis["ces_easy"].better) == ("lower", "higher", "higher")
    assert loaded(tmp_path, "").kpis["ces"].better == "higher"


def test_a_watch_may_look_at_a_variant(tmp_path: Path) -> None:
    text = '[kpis.fcr_2d]\nof = "fcr"\nmatures = "2d"\n[signals.kpi_fell]\nwatched = ["fcr_2d by channel"]\n'
    assert "kpi_fell" in loaded(tmp_path, text).watches


def test_benchmarks_are_a_kpis_own_or_those_of_settings(tmp_path: Path) -> None:
    """A variant is another definition: what is known of its parent does not hold for it."""
    text = """
    [kpis.fcr_2d]
    of = "fcr"
    [kpis.fcr_3d]
    of = "fcr"
    [kpis.fcr_3d.benchmarks]
    name = "goal"
    value = 1
    [[kpis.one_contact.benchmarks]]
    name = "here"
    value = 0.5
    source = "ourselves"
    year = 2025
    [[kpis.one_contact.benchmarks]]
    name = "goal"
    value = 0.6
    """
    kpis = loaded(tmp_path, text).kpis
    assert [mark.name for mark in benchmarks(kpis["fcr"])] == ["call centres"]
    assert benchmarks(kpis["fcr_2d"]) == ()
    assert benchmarks(kpis["fcr_3d"]) == (Benchmark("goal", 1.0),)
    assert benchmarks(kpis["one_contact"]) == (Benchmark("here", 0.5, "ourselves", 2025), Benchmark("goal", 0.6))


def test_benchmarks_decide_nothing(tmp_path: Path) -> None:
    """State is as good under other ones: they are not in the definitions; a variant is."""

    def revision(text: str) -> str:
        (tmp_path / "s.toml").write_text(text)
        return load(tmp_path / "s.toml", {}).definitions.revision(())

    mark = '[[kpis.fcr.benchmarks]]\nname = "goal"\nvalue = 0.9\n'
    assert revision(mark) == revision("") != revision('[kpis.fcr_2d]\nof = "fcr"\n' + mark)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[kpis.two]\nof = "cess"\n', 's.toml:2: kpis.two.of = "cess": is unknown; did you mean "ces"?'),
        ("[kpis.frc]\n", 's.toml:1: kpis.frc: is unknown; did you mean "fcr"?; a variant says of = "..."'),
        ('[kpis.fcr]\nof = "fcr"\n', 's.toml:2: kpis.fcr.of = "fcr": is fixed by the plug-in'),
        ('[kpis.reopened]\nof = "fcr"\n', "s.toml:1: kpis.reopened: is the name of a signal: take another"),
        ('[kpis."a b"]\nof = "fcr"\n', "s.toml:1: kpis.a b: is no name: write small letters, digits and _"),
        (
            '[kpis.v]\nof = "w"\n[kpis.w]\nof = "fcr"\n',
            's.toml:2: kpis.v.of = "w": is unknown; there is active_customers',
        ),
        (
            '[kpis.v]\nof = "ces"\nsurveys = ["cesat"]\n',
            's.toml:3: kpis.v.surveys = ["cesat"]: "cesat" is unknown; did you mean "ces"?; [surveys.cesat] would',
        ),
        (
            '[kpis.v]\nof = "ces"\nsurveys = ["csat"]\n',
            's.toml:3: kpis.v.surveys = ["csat"]: "csat" is of the family csat, not ces',
        ),
        (
            TWO_SCALES + '[kpis.v]\nof = "ces"\nsurveys = ["ces", "ces_support"]\n',
            's.toml:12: kpis.v.surveys = ["ces","ces_support"]: "ces_support" has another scale than "ces": make a',
        ),
        (
            '[kpis.v]\nof = "fcr"\nmatures = "91d"\n',
            's.toml:3: kpis.v.matures = "91d": must be at most 90 d: no longer is all that it looks at kept',
        ),
        (
            '[kpis.content_to_ticket]\nmatures = "2d"\n',
            's.toml:2: kpis.content_to_ticket.matures = "2d": must be at most 1 d: ',
        ),
        ('[kpis.adoption_rate]\nlasts = "61d"\n', 's.toml:2: kpis.adoption_rate.lasts = "61d": must be at most 60 d: '),
        ('[kpis.v]\nof = "churn_rate_30d"\nback = "91d"\n', 's.toml:3: kpis.v.back = "91d": must be at most 90 d: '),
        (
            '[kpis.fcr]\nwindows = ["14d"]\n',
            's.toml:2: kpis.fcr.windows = ["14d"]: "14d" is unknown; there is 1h, 24h, 30d, 5m, 7d, 90d, month',
        ),
        ('[kpis.nps]\nwindows = ["24h"]\n', 's.toml:2: kpis.nps.windows = ["24h"]: "24h" is unknown; there is now'),
        ("[kpis.fcr]\nwindows = []\n", "s.toml:2: kpis.fcr.windows = []: must name one of 5m, 1h, 24h, 7d, 30d, 90d, "),
        ('[kpis.grr]\nwindows = ["30d"]\n', 's.toml:2: kpis.grr.windows = ["30d"]: "30d" is unknown; there is month'),
        (
            '[kpis.fcr]\ncuts = ["chanel"]\n',
            's.toml:2: kpis.fcr.cuts = ["chanel"]: "chanel" is unknown; did you mean "channel"?',
        ),
        ("[kpis.fcr]\nmin_n = -1\n", "s.toml:2: kpis.fcr.min_n = -1: must not be negative"),
        (
            '[[kpis.csat.benchmarks]]\nname = "a"\nvalue = 8.2\n',
            "s.toml:3: kpis.csat.benchmarks.0.value = 8.2: is outside what csat can be: 1 to 5 score",
        ),
        (
            '[[kpis.fcr.benchmarks]]\nname = "a"\nvalue = 70\n',
            "s.toml:3: kpis.fcr.benchmarks.0.value = 70.0: is outside what fcr can be: 0 to 1 ratio",
        ),
        (
            '[kpis.backlog.benchmarks]\nname = "a"\nvalue = -1\n',
            "s.toml:3: kpis.backlog.benchmarks.value = -1.0: is outside what backlog can be: at least 0 tickets",
        ),
        (
            '[kpis.retention_roi.benchmarks]\nname = "a"\nvalue = nan\n',
            "s.toml:3: kpis.retention_roi.benchmarks.value = null: is no number",
        ),
        ('[[kpis.fcr.benchmarks]]\nname = "a"\n', "s.toml:1: kpis.fcr.benchmarks.0.value: is missing"),
        (
            '[[kpis.fcr.benchmarks]]\nname = "a"\nvalue = 0\n[[kpis.fcr.benchmarks]]\nname = "a"\nvalue = 1\n',
            's.toml:1: kpis.fcr.benchmarks = "a": is the name of two benchmarks',
        ),
        (
            '[cuts]\npairs = [["team", "topic"], ["chanel", "team"]]\n',
            's.toml:2: cuts.pairs.1 = ["chanel","team"]: "chanel" is unknown; did you mean "channel"?',
        ),
        ('[labels]\nsegmnt = ["a"]\n', 's.toml:2: labels.segmnt: is unknown; did you mean "segment"?'),
        (
            "[signals.kpi_fell.thresholds]\ncsat_top2 = 80\n",
            "s.toml:2: signals.kpi_fell.thresholds.csat_top2 = 80.0: is outside what csat_top2 can be: 0 to 1 ratio",
        ),
        (
            "[signals.kpi_fell.thresholds]\ncsat_top = 0.8\n",
            's.toml:2: signals.kpi_fell.thresholds.csat_top = 0.8: is unknown; did you mean "csat_top2"?',
        ),
    ],
)
def test_a_wrong_definition_is_refused_where_it_stands(tmp_path: Path, text: str, said: str) -> None:
    (fault,) = refused(tmp_path, text)
    assert fault.startswith(said)


@pytest.mark.parametrize(("kpi", "value"), [("nrr", 1.2), ("retention_roi", -0.5), ("ces_net", -40), ("health", 100)])
def test_what_a_kpi_can_be_may_be_its_benchmark(tmp_path: Path, kpi: str, value: float) -> None:
    found = loaded(tmp_path, f'[[kpis.{kpi}.benchmarks]]\nname = "a"\nvalue = {value}\n').kpis[kpi]
    assert [mark.value for mark in benchmarks(found)] == [value]


def test_every_field_that_settings_may_give_takes_its_own_value(tmp_path: Path) -> None:
    """What is there by default is no fault."""
    for kpi in plugins.load(load(None, {})).kpis.values():
        windows, cuts = list(kpi.windows), list(kpi.cuts)
        given = f"windows = {windows}\ncuts = {cuts}\nmatures = {kpi.matures}\nmin_n = {kpi.min_n}\n"
        assert loaded(tmp_path, f"[kpis.{kpi.name}]\n{given}").kpis[kpi.name].windows == kpi.windows


def test_the_pages_samples_are_settings(tmp_path: Path) -> None:
    """docs/settings.md: a survey and three variants; a benchmark."""
    samples = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/settings.md").read_text("utf-8"), re.DOTALL)
    kpis = loaded(tmp_path, "\n".join(samples)).kpis
    assert {"ces_support", "fcr_2d", "churn_rate_90d"} <= kpis.keys()
    assert [mark.year for mark in benchmarks(kpis["fcr"])] == [2023]
