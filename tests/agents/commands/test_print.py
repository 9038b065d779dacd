"""`journeywatch plugins`, `settings`, `events`: what they print is true, whole, and without secrets.

Covers agents/commands/plugins.py, agents/commands/settings.py, agents/commands/events.py.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from agents.cli import main
from stream.event import TYPES
from stream.faults import as_duration
from stream.infra import settings
from stream.infra.sections import Sections


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(argv) == 0
    return capsys.readouterr().out


def test_the_printed_settings_are_a_settings_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Read again they are the same, but for secrets; which file and variables they came from stands above."""
    text = (
        '[kafka]\nsecurity = "SASL_SSL"\nusername = "u"\npassword = "hidden1"\n[keep]\nrecords = "36h"\nusage = 1500\n'
        '[redis]\nurl = "rediss://u:hidden2@r:6379/0"\n[sinks.alertmanager]\nurl = "http://a"\n'
        'pseudonym_key = "hidden3"\n'
        '[sinks.alertmanager.labels]\n"a b" = "c"\n[surveys.effort]\nfamily = "ces"\nlow = 1\nhigh = 5\n'
        "[kpis.fcr]\nmin_n = 50\n[[kpis.fcr.benchmarks]]\nname = 'a'\nvalue = 0.5\n[[kpis.fcr.benchmarks]]\n"
        "name = 'b'\nvalue = 0.75\n[currencies.EUR]\n"
    )
    (tmp_path / "s.toml").write_text(text)
    out = printed(capsys, "settings", "--settings", str(tmp_path / "s.toml"))
    assert out.startswith(f"# {tmp_path}/s.toml; definitions ")
    assert "hidden" not in out
    (tmp_path / "again.toml").write_text(out)
    first, again = settings.load(tmp_path / "s.toml", {}), settings.load(tmp_path / "again.toml", {})
    assert again.definitions == first.definitions
    assert again.redis.url == "rediss://***@r:6379/0"
    assert again.sinks["alertmanager"]["labels"] == {"a b": "c"}
    assert [mark["value"] for mark in tomllib.loads(out)["kpis"]["fcr"]["benchmarks"]] == [0.5, 0.75]
    assert tomllib.loads(out)["keep"] == {"records": "36h", "sessions": "8d", "usage": "1500ms"}


def test_variables_are_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYWATCH_METRICS__PORT", "0")
    out = printed(capsys, "settings")
    assert "# and JOURNEYWATCH_METRICS__PORT\n" in out and "port = 0\n" in out


def test_every_section_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """All but the free tables that are empty."""
    read = tomllib.loads(printed(capsys, "settings"))
    assert set(Sections.__struct_fields__) - read.keys() == {
        "calendars",
        "labels",
        "kpis",
        "outcomes",
        "signals",
        "sinks",
    }


def test_zero_durations_have_a_unit() -> None:
    assert [as_duration(ms) for ms in (0, 1, 1000, 90_000, 86_400_000)] == ["0ms", "1ms", "1s", "90s", "1d"]


def test_every_plug_in_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """With its version, and the fields that settings may tune."""
    lines = printed(capsys, "plugins").splitlines()
    kinds = [line.split()[0] for line in lines]
    assert kinds == sorted(kinds, key=["kpi", "signal", "watch", "outcome", "source", "sink"].index)
    assert any(line.startswith("kpi     fcr@1 ") and "min_n" in line for line in lines)
    assert any(line.startswith("outcome churn@1 ") and "period_ms" in line for line in lines)
    assert any(line.startswith("source  xes ") for line in lines)
    assert any(line.startswith("sink    log ") for line in lines)


def test_the_schema_tells_every_type_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON Schema 2020-12; each type with its required attributes and its payload; alerts and dead letters beside."""
    schema = msgspec.json.decode(printed(capsys, "events"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["discriminator"]["mapping"]) == list(TYPES)
    for type_, ref in schema["discriminator"]["mapping"].items():
        one = schema["$defs"][ref.removeprefix("#/$defs/")]
        assert one["properties"]["type"]["enum"] == [type_]
        assert {"type", "specversion", "id", "source", "time", "subject"} <= set(one["required"])
        assert "data" in one["properties"]
    assert schema["$defs"]["TicketResolved"]["properties"]["time"]["format"] == "date-time"
    assert {"Alert", "DeadLetter"} <= schema["$defs"].keys()
