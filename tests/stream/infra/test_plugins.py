"""Discovery: one object a file, named like the file; settings tune fields by their type; every doubt is loud."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from msgspec import Struct

from stream.definitions import HOUR
from stream.faults import Faults
from stream.infra import plugins
from stream.infra.plugins import PluginFault, discover, tuned
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


class Plain:
    name = "plain"
    version = 1
    limit = HOUR
    windows = ("1h", "24h")
    on = True
    by_team: ClassVar[dict[str, int]] = {}

    @property
    def derived(self) -> int:
        return 5

    def facts(self) -> None: ...


class Sink(Struct, frozen=True):
    name: str = "sink"
    url: str = ""
    labels: dict[str, str] = {}


@pytest.mark.parametrize("plugin", [Plain(), Sink()])
def test_a_tuned_plug_in_is_a_copy(plugin: Plain | Sink) -> None:
    """The module's own object stays as it is: a second load starts from it."""
    tuning = (
        {"limit": "8h", "windows": ["1h"], "on": False, "by_team": {"a": "8h", "b": 5}}
        if isinstance(plugin, Plain)
        else {"url": "x"}
    )
    other, said = tuned(plugin, tuning)
    assert said == []
    if isinstance(plugin, Plain):
        assert other.by_team == {"a": 8 * HOUR, "b": 5}
        assert (other.limit, other.windows, other.on, other.name) == (8 * HOUR, ("1h",), False, "plain")
        assert (plugin.limit, plugin.windows) == (HOUR, ("1h", "24h"))
    else:
        assert (other, plugin) == (Sink(url="x"), Sink())


@pytest.mark.parametrize(
    ("plugin", "tuning", "said"),
    [
        (Plain(), {"version": 2}, [(("version",), 2, "is fixed by the plug-in")]),
        (Plain(), {"limmit": 2}, [(("limmit",), None, 'is unknown; did you mean "limit"?')]),
        (Plain(), {"derived": 2}, [(("derived",), None, "is unknown; there is by_team, limit, on, windows")]),
        (Plain(), {"facts": 2}, [(("facts",), None, "is unknown; there is by_team, limit, on, windows")]),
        (Plain(), {"limit": True}, [(("limit",), True, "expected int, got bool")]),
        (Plain(), {"limit": 1.5}, [(("limit",), 1.5, "expected int, got float")]),
        (Plain(), {"windows": ["1h", 2]}, [(("windows",), ["1h", 2], "expected str, got int - at $[1]")]),
        (Sink(), {"labels": {"a": 1}}, [(("labels",), {"a": 1}, "expected str, got int")]),
    ],
)  # fmt: skip
def test_wrong_tunings(plugin: object, tuning: dict[str, object], said: list[object]) -> None:
    """Each is said; the plug-in keeps what it had."""
    other, found = tuned(plugin, tuning)
    assert found == said
    assert vars(other) == {} if isinstance(other, Plain) else other == plugin


def test_the_projects_own_plug_ins_are_whole() -> None:
    """Each kind in its place."""
    found = plugins.load(Settings())
    assert {"fcr", "nps", "transfers"} <= found.kpis.keys()
    assert {"ping_pong", "reopened"} <= found.signals.keys()
    assert {"falling_ces_segment", "kpi_fell"} <= found.watches.keys()
    assert not found.watches.keys() & found.signals.keys()
    assert list(found.sources) == ["cloudevents", "xes"]
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
        's.toml:4: kpis.frc: is unknown; did you mean "fcr"?',
        's.toml:6: signals.ping_pong.linger = "x": write a number and a unit, as "90d", "8h", "5m", "30s" or "250ms"',
        "s.toml:8: sinks.alertmanager.url = 5: expected str, got int",
        's.toml:10: intake.sources.1 = "zendesk": is unknown; there is cloudevents, xes',
    ]


def test_settings_reach_the_plug_in(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[kpis.fcr]\nmin_n = 50\n")
    assert plugins.load(load(tmp_path / "s.toml", {})).kpis["fcr"].min_n == 50
    assert plugins.load(Settings()).kpis["fcr"].min_n == 30
