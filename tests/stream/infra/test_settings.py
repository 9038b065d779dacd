"""Settings: defaults, a file, the environment over it; every fault at once with its place and its mend.

Covers stream/infra/sections.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from stream.definitions import DAY, HOUR, MINUTE, SURVEYS, Definitions, Survey
from stream.faults import Faults
from stream.infra import plugins
from stream.infra.settings import Settings, is_secret, load

ROOT = Path(__file__).parents[3]


def loaded(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    path = tmp_path / "s.toml"
    path.write_text(text)
    return load(path, environ or {})


def faults(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(Faults) as caught:
        loaded(tmp_path, text, environ)
    return [str(fault).removeprefix(f"{tmp_path}/") for fault in caught.value.faults]


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    """The core's own defaults, so that a replay without settings is what the catalogue says."""
    assert load(None, {}).definitions == loaded(tmp_path, "").definitions == Definitions()
    assert load(None, {}).metrics.bind == "127.0.0.1"


def test_the_shipped_example_says_the_defaults() -> None:
    settings = load(ROOT / "examples" / "journeywatch.toml", {})
    assert (settings.definitions, settings.kafka) == (Definitions(), load(None, {}).kafka)


def test_what_the_shipped_example_only_mentions_is_well_formed_too(tmp_path: Path) -> None:
    """Each of its commented keys, once it is no comment any more."""
    text = re.sub(r"^#(?=[a-z\[])", "", (ROOT / "examples" / "journeywatch.toml").read_text(), flags=re.MULTILINE)
    settings = loaded(tmp_path, text)
    assert plugins.load(settings).sinks["alertmanager"].ready()
    assert settings.definitions.surveys["effort_chat"] == Survey("ces", 1, 5, "low")
    assert (settings.kafka.username, settings.metrics.token) == ("journeywatch", "...")


def test_a_file_says_what_differs(tmp_path: Path) -> None:
    """Durations with units; surveys beside those there are; currencies instead of them, the first one reporting."""
    text = """
    [log]
    run = 2
    future = "10m"
    [tenant]
    timezone = "Europe/Berlin"
    [keep]
    records = "30d"
    [surveys.csat]
    family = "csat"
    low = 0
    high = 9
    [surveys.effort]
    family = "ces"
    low = 1
    high = 5
    better = "low"
    [currencies.EUR]
    [currencies.USD]
    rate = "0.92"
    [labels]
    channel = ["chat", "phone"]
    [cuts]
    pairs = [["channel", "team"]]
    [alerts]
    old_news = "1h"
    vip_tiers = ["gold"]
    [kpis.fcr]
    min_n = 50
    """
    d = loaded(tmp_path, text).definitions
    assert (d.run, d.future, d.timezone, d.keep.records, d.keep.usage) == (
        2,
        10 * MINUTE,
        "Europe/Berlin",
        30 * DAY,
        60 * DAY,
    )
    assert d.surveys == SURVEYS | {"csat": Survey("csat", 0, 9), "effort": Survey("ces", 1, 5, "low")}
    assert [(code, c.rate) for code, c in d.currencies.items()] == [("EUR", "1"), ("USD", "0.92")]
    assert (d.labels, d.pairs, d.kpis) == (
        {"channel": ("chat", "phone")},
        (("channel", "team"),),
        {"fcr": {"min_n": 50}},
    )
    assert (d.old_news, d.vip_tiers) == (HOUR, ("gold",))


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    """Text becomes what the key needs; lists by commas; free tables take TOML values; others are left alone."""
    environ = {
        "JOURNEYWATCH_KAFKA__BOOTSTRAP": "a:1,b:2",
        "JOURNEYWATCH_METRICS__PORT": "0",
        "JOURNEYWATCH_KEEP__RECORDS": "10d",
        "JOURNEYWATCH_INTAKE__SOURCES": "cloudevents, xes",
        "JOURNEYWATCH_CURRENCIES__EUR__RATE": "1",
        "JOURNEYWATCH_SINKS__ALERTMANAGER__URL": "http://am:9093",
        "JOURNEYWATCH_SINKS__ALERTMANAGER__TIMEOUT": "2.5",
        "JOURNEYWATCH_DATA": "/data",
        "HOME": "/",
    }
    s = loaded(tmp_path, '[kafka]\nbootstrap = "c:3"\n', environ)
    assert (s.kafka.bootstrap, s.metrics.port, s.definitions.keep.records) == ("a:1,b:2", 0, 10 * DAY)
    assert s.intake.sources == ("cloudevents", "xes")
    assert list(s.definitions.currencies) == ["EUR"]
    assert s.sinks == {"alertmanager": {"url": "http://am:9093", "timeout": 2.5}}


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text("[log]\nrun = 7\n")
    assert load(None, {"JOURNEYWATCH_SETTINGS": str(tmp_path / "e.toml")}).definitions.run == 7
    assert load(None, {"JOURNEYWATCH_SETTINGS": ""}).definitions.run == 1


def test_secrets_come_from_files(tmp_path: Path) -> None:
    """By ..._FILE in the environment or ..._file in the settings; a newline at the end is none of it."""
    (tmp_path / "p").write_text("s3cret\n")
    s = loaded(
        tmp_path, f'[metrics]\ntoken_file = "{tmp_path}/p"', {"JOURNEYWATCH_REDIS__PASSWORD_FILE": f"{tmp_path}/p"}
    )
    assert (s.metrics.token, s.redis.password) == ("s3cret", "s3cret")
    s = loaded(tmp_path, '[kafka]\ncert_file = "c.pem"\nkey_file = "k.pem"')  # a file of its own, not a secret in one
    assert s.kafka.key_file == "k.pem"


def test_all_faults_at_once(tmp_path: Path) -> None:
    """One row a kind, in the order of the file, those of the environment last."""
    text = """[kafka]
bootstrap = 5
securety = "SSL"
[kafak]
[tenant]
timezone = "Mars"
[surveys.effort]
family = "ces"
low = 5
high = 1
[surveys.x]
family = "cas"
[keep]
records = "90 days"
[log]
partitions = 0
time = "now"
[redis]
password_file = "/nope"
[currencies.eur]
rate = "-1"
[cuts]
pairs = [["team", "team"], ["team"]]
"""
    token = "JOURNEYWATCH_METRICS__TOKEN_FILE"
    environ = {
        "JOURNEYWATCH_LOG__RUN": "two",
        "JOURNEYWATCH_KAFKA_BOOTSTRAP": "x",
        "JOURNEYWATCH_METRICS__TOKEN": "a",
        token: "b",
    }
    assert faults(tmp_path, text, environ) == [
        "s.toml:2: kafka.bootstrap = 5: expected str, got int",
        's.toml:3: kafka.securety: is unknown; did you mean "security"?',
        's.toml:4: kafak: is unknown; did you mean "kafka"?',
        's.toml:6: tenant.timezone = "Mars": is unknown; write an IANA name, as "Europe/Berlin"',
        "s.toml:11: surveys.x.high: is missing",
        "s.toml:11: surveys.x.low: is missing",
        "s.toml:12: surveys.x.family = \"cas\": Invalid enum value 'cas'",
        's.toml:14: keep.records = "90 days": write a number and a unit, as "90d", "8h", "5m", "30s" or "250ms"',
        "s.toml:16: log.partitions = 0: expected int >= 1",
        "s.toml:17: log.time = \"now\": Invalid enum value 'now'",
        's.toml:19: redis.password_file = "/nope": can not be read: No such file or directory',
        's.toml:20: currencies.eur: is no ISO 4217 code, as "EUR"',
        's.toml:21: currencies.eur.rate = "-1": write a positive decimal as text, as "1.08"',
        's.toml:23: cuts.pairs.1 = ["team"]: expected array of length 2, got 1',
        "variable JOURNEYWATCH_KAFKA_BOOTSTRAP: is unknown; did you mean JOURNEYWATCH_KAFKA__BOOTSTRAP?",
        'variable JOURNEYWATCH_LOG__RUN: log.run = "two": expected int, got str',
        f'variable {token}: metrics.token_file = "b": token is given too; take one of them away',
    ]


def test_rules_over_several_keys(tmp_path: Path) -> None:
    text = '[kafka]\nsecurity = "SASL_SSL"\n'
    assert faults(tmp_path, text) == ["s.toml:1: kafka: security = SASL_SSL needs username and password"]
    text = "[kafka]\nreplication = 1\n"
    assert faults(tmp_path, text) == ["s.toml:1: kafka: min_insync = 2 is more than replication = 1"]


def test_a_cluster_is_not_given_up_at_once(tmp_path: Path) -> None:
    assert loaded(tmp_path, "[kafka]\nlost = '2m'").sections.kafka.lost == 120_000
    assert faults(tmp_path, "[kafka]\nlost = '500ms'") == ["s.toml:1: kafka: lost is at least 1s"]
    text = '[surveys.effort]\nfamily = "ces"\nlow = 5\nhigh = 1\n[cuts]\npairs = [["team", "team"]]'
    assert faults(tmp_path, text) == [
        "s.toml:3: surveys.effort.low = 5: must be below high = 1",
        's.toml:6: cuts.pairs = ["team","team"]: a pair names two dimensions',
    ]
    words = "link_key signs the links: give it 16 characters or more, at random, best as link_key_file"
    assert faults(tmp_path, '[verdicts]\nurl = "https://x"\nlink_key = "short"\n') == [f"s.toml:1: verdicts: {words}"]
    assert faults(tmp_path, '[verdicts]\nurl = "x.org"\n') == [
        "s.toml:1: verdicts: url begins with https:// (or http:// inside)"
    ]
    text = '[surveys.nps]\nfamily = "nps"\nlow = 0\nhigh = 5\n'
    assert faults(tmp_path, text) == [
        "s.toml:1: surveys.nps: NPS is asked on 0 to 10, 10 the best; another scale is no NPS"
    ]


def test_calendars(tmp_path: Path) -> None:
    """Hours by weekday for some teams; what can not be read is said."""
    hours = 'hours = {mon = ["09:00-12:30", "13:30-17:00"]}'
    (tmp_path / "s.toml").write_text(
        f'[calendars.default]\n{hours}\n[calendars.night]\nteams = ["a"]\nholidays = ["2026-12-25"]'
    )
    found = load(tmp_path / "s.toml", {}).definitions.calendars
    assert found["default"].hours == {"mon": ("09:00-12:30", "13:30-17:00")}
    assert (found["night"].teams, found["night"].holidays) == (("a",), ("2026-12-25",))
    text = (
        '[calendars.a]\nteams = ["x"]\nhours = {mo = ["09:00-17:00"]}\n'
        '[calendars.b]\nteams = ["x"]\ntimezone = "Nowhere"\n'
        '[calendars.c]\nhours = {mon = ["17:00-09:00"]}'
    )
    assert faults(tmp_path, text) == [
        's.toml:3: calendars.a.hours.mo: is unknown; did you mean "mon"?',
        's.toml:5: calendars.b.teams = "x": has the calendar a already',
        's.toml:6: calendars.b.timezone = "Nowhere": is unknown; write an IANA name, as "Europe/Berlin"',
        "s.toml:7: calendars.c: '17:00-09:00' are no hours: write from-to, as 09:00-17:30; 24:00 ends a day",
    ]


def test_a_variable_can_not_turn_a_value_into_a_table(tmp_path: Path) -> None:
    said = faults(tmp_path, "[log]\nrun = 2", {"JOURNEYWATCH_LOG__RUN__X": "1"})
    assert said == ["variable JOURNEYWATCH_LOG__RUN__X: log.run.x: run is a value, not a table"]


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"absent\.toml: the settings can not be read: No such file"):
        load(tmp_path / "absent.toml", {})
    (tmp_path / "b.toml").write_bytes(b"\xff")
    with pytest.raises(Faults, match=r"b\.toml: the settings are not UTF-8"):
        load(tmp_path / "b.toml", {})


def test_faults_never_show_a_secret(tmp_path: Path) -> None:
    """A password of a wrong type is still a password."""
    assert faults(tmp_path, "[redis]\npassword = 123456") == ['s.toml:2: redis.password = "***": expected str, got int']


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("password", True),
        ("token", True),
        ("pseudonym_key", True),
        ("token_file", False),
        ("key_file", False),
        ("url", False),
    ],
)
def test_which_keys_are_secret(key: str, secret: bool) -> None:
    assert is_secret(("sinks", "x", key)) is secret
