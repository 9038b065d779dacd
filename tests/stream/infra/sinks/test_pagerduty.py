"""PagerDuty: one incident an alert, one page an incident, whatever fails on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stream.claims import Severity
from stream.infra.sinks.pagerduty import SINK, PagerDuty, event
from stream.notices import Notice
from tests.support import desks
from tests.support.alerts import alert
from tests.support.delivering import Told
from tests.support.sinks import Now

KEY = "R0UT1NGKEY"


@pytest.fixture
def key(tmp_path: Path) -> str:
    (tmp_path / "key").write_text(f"{KEY}\n")
    return str(tmp_path / "key")


def page(kind: Any = "open", held_as: Severity | None = None, **given: Any) -> Notice:
    return Notice(alert(severity="page", **given), kind, Severity.page, held_as)


def test_it_is_off_until_it_has_a_key_and_takes_pages_alone() -> None:
    assert not SINK.ready()
    assert PagerDuty(routing_key_file="f").ready()
    assert (SINK.least, SINK.repeat, SINK.hours) == (Severity.page, 0, ())


def test_what_a_trigger_says() -> None:
    told = page(text="Ticket T-1\nwas promised", numbers={"minutes": 5}, segment="smb", clears="the ticket is resolved")
    said = event(told, PagerDuty(source="journeywatch prod"), lambda alert: f"https://x/{alert.id}")
    assert said == {
        "event_action": "trigger",
        "dedup_key": "journeywatch:a1",
        "client": "journeywatch prod",
        "payload": {
            "summary": "Ticket T-1 was promised",
            "source": "journeywatch prod",
            "severity": "critical",
            "timestamp": "1970-01-01T00:16:40.000Z",
            "class": "repeat_contact",
            "group": "smb",
            "custom_details": {
                "customer": PagerDuty().who(told.alert),
                "segment": "smb",
                "numbers": "minutes 5",
                "clears when": "the ticket is resolved",
                "opened": "1970-01-01 00:16 UTC",
                "alert": "a1",
                "version": "a1/1/1",
            },
        },
        "links": [{"href": "https://x/a1", "text": "Useful, noise or known?"}],
    }
    assert "customer-1" not in json.dumps(said), "a customer's name stays inside"
    assert "links" not in event(told, SINK)
    assert len(event(page(text="x" * 5_000), SINK)["payload"]["summary"]) == 1024


async def test_a_page_a_repeat_and_the_end(key: str) -> None:
    """What is repeated, or only amended, pages nobody; an alert that opens anew does."""
    async with desks.PagerDuty(KEY) as server:
        client = PagerDuty(routing_key_file=key, url=server.url).open(Now())
        amended = page("update", Severity.page, version=2)
        ended = page("resolve", Severity.page, version=3, status="resolved")
        for told in (page(), page(), amended, ended, ended, page(episode=2, version=4)):
            [outcome] = await client.send([told])
            assert outcome.status == "delivered"
        await client.close()
    assert [body["event_action"] for body in server.bodies] == ["trigger", "trigger", "resolve", "resolve", "trigger"]
    assert len(server.pages) == 2


async def test_a_wrong_key_is_rejected_with_the_answer_and_not_shown(key: str) -> None:
    async with desks.PagerDuty("another") as server:
        client = PagerDuty(routing_key_file=key, url=server.url).open(Now())
        [outcome] = await client.send([page()])
        await client.close()
    assert outcome.status == "rejected"
    assert "invalid or missing routing key" in outcome.detail
    assert KEY not in repr(outcome)


async def test_through_the_courier_whatever_it_answers(key: str) -> None:
    """Too many, down, mute: it is tried again until it is taken, and pages once."""
    script: list[desks.Answer] = [(429, {"Retry-After": "2"}), (500, {}), (502, {}), None]
    async with desks.PagerDuty(KEY, *script) as server:
        sink = PagerDuty(routing_key_file=key, url=server.url, timeout=0.2)
        told = Told(sink, Now(1_000.0))
        told.hear(alert(severity="page", opened=1_000_000))
        await told.counts(retry=4, delivered=1)
        assert told.now.seconds >= 1_002.0, "not before Retry-After"
        told.hear(alert(severity="page", version=2, status="resolved"))
        await told.counts(retry=4, delivered=2)
        await told.close()
    assert (len(server.pages), server.open) == (1, {})


async def test_a_missing_key_file_leaves_the_alert_waiting(tmp_path: Path) -> None:
    async with desks.PagerDuty(KEY) as server:
        told = Told(PagerDuty(routing_key_file=str(tmp_path / "key"), url=server.url), Now(1_000.0))
        told.hear(alert(severity="page", opened=1_000_000))
        await told.counts(retry=2)
        assert "FileNotFoundError" in told.telemetry.sink("pagerduty").error
        (tmp_path / "key").write_text(KEY)
        await told.delivered(1)
        await told.close()
    assert len(server.pages) == 1


async def test_a_worker_that_died_before_it_noted_it_pages_nobody_again(key: str) -> None:
    """Its successor sends the same version again: to PagerDuty the same incident."""
    async with desks.PagerDuty(KEY) as server:
        sink, now = PagerDuty(routing_key_file=key, url=server.url), Now(1_000.0)
        rows: dict[bytes, bytes] = {}
        first = Told(sink, now, rows)
        first.hear(alert(severity="page", opened=1_000_000))
        await first.delivered(1)
        await first.close()  # its marks were never written
        second = Told(sink, now, rows)
        await second.delivered(1)
        await second.close()
    assert (len(server.bodies), len(server.pages)) == (2, 1)
    assert server.bodies[0] == server.bodies[1]
