"""Discovery: one object a file, named like the file; settings reach it; every doubt is loud."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stream.faults import Faults
from stream.infra import plugins
from stream.infra.plugins import PluginFault, discover
from stream.infra.settings import Settings, load

Package = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unique: str) -> Iterator[Package]:
    """Makes a package of modules out of their text, and forgets it again."""
    name = "p" + unique.replace("-", "_")

    def make(**modules: str) -> str:
        (tmp_path / name).mkdir()
        for module, text in {"__init__": "", **modules}.items():
            (tmp_path / name / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return name

    yield make
    for module in [m for m in sys.modules if m.partition(".")[0] == name]:
        del sys.modules[module]


ONE = "class One:\n    name = '{}'\nTHING = One()\n"


def test_what_a_folder_holds_is_found_sorted(package: Package) -> None:
    """A module with an underscore is its neighbours' own business."""
    found = discover(package(b=ONE.format("b"), a=ONE.format("a"), _base="x = 1"), "THING")
    assert list(found) == ["a", "b"]


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ({"a": "THINGS = []"}, "a offers 0 of THING and OTHER; it needs one"),
        ({"a": ONE.format("a") + "OTHER = THING"}, "a offers 2 of THING and OTHER; it needs one"),
        ({"a": ONE.format("b")}, "a is called 'b'; the file's name is the plug-in's name"),
        ({"a": "THING = 5"}, "a is called None; the file's name is the plug-in's name"),
    ],
)
def test_a_doubtful_file_is_refused(package: Package, modules: dict[str, str], words: str) -> None:
    with pytest.raises(PluginFault) as caught:
        discover(package(**modules), "THING", "OTHER")
    assert str(caught.value).endswith(words)


def test_a_file_that_does_not_import_is_not_passed_over(package: Package) -> None:
    with pytest.raises(ZeroDivisionError):
        discover(package(a="1 / 0"), "THING")


def test_the_projects_own_plug_ins_are_whole() -> None:
    """Each kind in its place."""
    found = plugins.load(Settings())
    assert {"fcr", "nps", "transfers"} <= found.kpis.keys()
    assert {"ping_pong", "reopened"} <= found.signals.keys()
    assert {"falling_ces_segment", "kpi_fell"} <= found.watches.keys()
    assert not found.watches.keys() & found.signals.keys()
    assert list(found.sources) == ["cloudevents", "verdicts", "xes"]
    assert {"alertmanager", "log"} <= found.sinks.keys()


def test_settings_faults_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        '[kpis.fcr]\nmin_n = 50\nname = "x"\n[kpis.frc]\n[signals.ping_pong]\nlinger = "x"\n'
        '[sinks.alertmanager]\nurl = 5\n[intake]\nsources = ["xes", "zendesk"]\n'
    )
    with pytest.raises(Faults) as caught:
        plugins.load(load(path, {}))
    assert [str(fault).removeprefix(f"{tmp_path}/") for fault in caught.value.faults] == [
        's.toml:3: kpis.fcr.name = "x": is fixed by the plug-in',
        's.toml:4: kpis.frc: is unknown; did you mean "fcr"?; a variant says of = "..."',
        's.toml:6: signals.ping_pong.linger = "x": write a number and a unit, as "90d", "8h", "5m", "30s" or "250ms"',
        "s.toml:8: sinks.alertmanager.url = 5: expected str, got int",
        's.toml:10: intake.sources.1 = "zendesk": is unknown; there is cloudevents, verdicts, xes',
    ]


def test_settings_reach_the_plug_in(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[kpis.fcr]\nmin_n = 50\n")
    assert plugins.load(load(tmp_path / "s.toml", {})).kpis["fcr"].min_n == 50
    assert plugins.load(Settings()).kpis["fcr"].min_n == 30
