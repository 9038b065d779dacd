"""docs/kpis.md and docs/signals.md: what the plug-ins say today, and each says what people need to know of it.

Covers docgen/about.py, docgen/base_rates.py.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from docgen import about, base_rates, plugins
from docgen.written import written
from stream.definitions import MINUTE
from stream.infra.plugins import fields
from tests.support.builders import KPIS_FOUND, SIGNALS_FOUND
from tests.support.rates import WATCHES_FOUND

MONTH = "A month in which known things go wrong"
ALERTING = {**SIGNALS_FOUND, **WATCHES_FOUND}

every_kpi = pytest.mark.parametrize("kpi", KPIS_FOUND.values(), ids=KPIS_FOUND)
every_alerting = pytest.mark.parametrize("plugin", ALERTING.values(), ids=ALERTING)


def test_the_pages_are_fresh() -> None:
    assert written(plugins.files(), plugins.ROOT, ["--check"]) == 0, "run `make docs`"


def test_each_has_its_section() -> None:
    kpis, signals = plugins.files().values()
    assert re.findall(r"^## (.+)$", kpis, re.MULTILINE) == sorted(KPIS_FOUND)
    assert re.findall(r"^## (.+)$", signals, re.MULTILINE) == ["Base rates", MONTH, *sorted(ALERTING)]


def test_no_page_sends_its_reader_to_what_is_not_there() -> None:
    for page in plugins.files().values():
        assert not re.search(r"CATALOGUE|DESIGN|product\.md", page, re.IGNORECASE)


@every_kpi
def test_a_kpi_says_where_it_comes_from_and_what_corrects_it(kpi: Any) -> None:
    said = about.prose(kpi)
    assert "Corrected by" in " ".join(said.split())
    assert kpi.name == "signal_precision" or re.search(r"Articles? 00\d", said)
    assert about.changes(kpi)


@every_alerting
def test_a_signal_says_how_loud_it_is_and_what_ends_it(plugin: Any) -> None:
    assert about.severities(plugin)
    assert all(about.clears(plugin)) and about.clears(plugin)


@pytest.mark.parametrize("plugin", [*KPIS_FOUND.values(), *ALERTING.values()], ids=[*KPIS_FOUND, *ALERTING])
def test_a_long_time_is_shown_as_one(plugin: Any) -> None:
    """A field of ms that is named as none would be shown as a bare number."""
    for name in fields(plugin):
        it = getattr(plugin, name)
        if isinstance(it, int) and it >= MINUTE and not name.endswith("_millionths"):
            assert name.endswith("_ms") or name in about.DURATIONS


def test_a_field_is_told_with_its_unit_and_meaning() -> None:
    told = {name: (value, meaning) for name, value, meaning in about.parameters(SIGNALS_FOUND["no_next_step"])}
    assert told["limit_ms"] == ("8 h", "of business time")
    assert about.value("mean_effort_millionths", 600_000) == "600,000 (= 0.6)"


def test_the_base_rates_agree_with_what_is_known_of_the_logs() -> None:
    """514 of 7,554 tickets reopened (tests/stream/signals/test_base_rates.py); never more tickets than there are."""
    logs = base_rates.read().logs
    assert logs["bpi_challenge_2013_incidents"].tickets == 7_554
    assert logs["bpi_challenge_2013_incidents"].signals["reopened"].subjects == 514
    for log in logs.values():
        for name, count in log.signals.items():
            assert name in ALERTING
            assert count.subjects <= min(count.alerts, log.tickets) and count.withdrawn <= count.alerts
