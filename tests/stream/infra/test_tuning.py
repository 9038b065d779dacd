"""Settings tune a plug-in's fields by their types; what a plug-in is stays fixed."""

from __future__ import annotations

from typing import ClassVar

import pytest
from msgspec import Struct

from stream.definitions import HOUR
from stream.infra.plugins import discover
from stream.infra.tuning import fields, tuned


class Plain:
    name = "plain"
    version = 1
    limit = HOUR
    windows = ("1h", "24h")
    loud = True
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
        {"limit": "8h", "windows": ["1h"], "loud": False, "by_team": {"a": "8h", "b": 5}}
        if isinstance(plugin, Plain)
        else {"url": "x"}
    )
    other, said = tuned(plugin, tuning)
    assert said == []
    if isinstance(plugin, Plain):
        assert other.by_team == {"a": 8 * HOUR, "b": 5}
        assert (other.limit, other.windows, other.loud, other.name) == (8 * HOUR, ("1h",), False, "plain")
        assert (plugin.limit, plugin.windows) == (HOUR, ("1h", "24h"))
    else:
        assert (other, plugin) == (Sink(url="x"), Sink())


@pytest.mark.parametrize(
    ("plugin", "tuning", "said"),
    [
        (Plain(), {"version": 2}, [(("version",), 2, "is fixed by the plug-in")]),
        (Plain(), {"begins": "end"}, [(("begins",), "end", "is fixed by the plug-in")]),
        (Plain(), {"limmit": 2}, [(("limmit",), None, 'is unknown; did you mean "limit"?')]),
        (Plain(), {"derived": 2}, [(("derived",), None, "is unknown; there is by_team, limit, loud, windows")]),
        (Plain(), {"facts": 2}, [(("facts",), None, "is unknown; there is by_team, limit, loud, windows")]),
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


def test_what_a_kpi_is_can_not_be_tuned() -> None:
    """How the fold looks at it, what it reads, what its parts are, which values it can have."""
    for kpi in discover("stream.kpis", "KPI").values():
        shape = {"begins", "on", "of", "reads", "flows", "levels", "ages", "span", "bounds", "longest", "one_scale"}
        assert not shape & fields(kpi).keys()
