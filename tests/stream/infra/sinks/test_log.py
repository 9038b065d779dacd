"""The log as a sink: a line for every change, and nobody's name in it."""

from __future__ import annotations

import logging

import pytest

from stream.claims import Severity
from stream.infra.sinks.log import SINK, Log
from stream.notices import Notice
from tests.support.alerts import alert
from tests.support.sinks import Now


async def lines(caplog: pytest.LogCaptureFixture, *notices: Notice) -> list[logging.LogRecord]:
    caplog.set_level(logging.INFO, "journeywatch.alerts")
    outcomes = await SINK.open(Now()).send(notices)
    assert [outcome.status for outcome in outcomes] == ["delivered"] * len(notices)
    return caplog.records


async def test_one_line_a_change(caplog: pytest.LogCaptureFixture) -> None:
    page = Notice(alert(severity="page"), "open", Severity.page)
    resolved = Notice(alert(version=2, status="resolved"), "resolve", Severity.page, Severity.page)
    first, second = await lines(caplog, page, resolved)
    assert first.message.startswith("alert open: repeat_contact (page) ")
    assert first.message.endswith(": 3 contacts about billing within 7 d")
    assert (first.levelno, second.levelno) == (logging.WARNING, logging.INFO)
    assert vars(second)["fields"]["key"] == "a1/1/2"
    assert vars(second)["fields"]["status"] == "resolved"


async def test_customers_go_by_a_pseudonym_and_demotion_is_said(caplog: pytest.LogCaptureFixture) -> None:
    [line] = await lines(caplog, Notice(alert(), "open", Severity.queue, why="queued, not paged: too old"))
    assert "customer-1" not in line.message + str(vars(line)["fields"])
    assert vars(line)["fields"]["why"] == "queued, not paged: too old"


def test_settings() -> None:
    assert SINK.ready()
    assert not Log(enabled=False).ready()
    assert Log(severity="page").least is Severity.page
    assert SINK.repeat == 0
