"""Slack: opened and over, readable in one look, and nobody mentioned by what stands in the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stream.claims import Severity
from stream.definitions import HOUR
from stream.infra.sinks.slack import SINK, Slack, message
from stream.notices import Notice
from tests.support import desks
from tests.support.alerts import alert
from tests.support.delivering import Told
from tests.support.sinks import Now


def page(kind: Any = "open", held_as: Severity | None = None, why: str = "", **given: Any) -> Notice:
    return Notice(alert(severity="page", **given), kind, Severity.page, held_as, why)


def words(told: Notice, link: str = "") -> list[str]:
    said = message(told, SINK, lambda alert: link)
    head, small = said["blocks"]
    return [said["text"], head["text"]["text"], *(element["text"] for element in small["elements"])]


def slack(server: desks.Slack, folder: Path, **given: Any) -> Slack:
    (folder / "url").write_text(f"{server.url}\n")
    return Slack(url_file=str(folder / "url"), **given)


def test_it_is_off_until_it_has_an_address_and_takes_pages_alone() -> None:
    assert not SINK.ready()
    assert Slack(url_file="f").ready()
    assert SINK.least is Severity.page


def test_an_alert_in_one_look() -> None:
    told = page(numbers={"contacts": 3}, segment="smb", vip=True, clears="7 d without a contact", why="a reason")
    known = "segment smb · numbers contacts 3 · clears when 7 d without a contact · routing a reason · alert a1"
    assert words(told, "https://x/a1") == [
        "PAGE: repeat_contact: 3 contacts about billing within 7 d",
        ":rotating_light: *PAGE: repeat_contact*\n3 contacts about billing within 7 d",
        f"customer {SINK.who(told.alert)} (VIP) · {known}",
        "<https://x/a1|Useful, noise or known?>",
    ]


def test_what_is_about_no_customer_says_what_it_is_about() -> None:
    told = page(subject="topic:billing", cut={"topic": "billing"}, signal="volume_surge")
    assert words(told)[2] == "about topic:billing · alert a1"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("resolved", "resolved, after 2 h 5 min"),
        ("withdrawn", "withdrawn: the data were corrected, after 2 h 5 min"),
        ("closed", "closed by a verdict, after 2 h 5 min"),
        ("open", "no longer this loud"),
    ],
)
def test_how_it_ended(status: str, said: str) -> None:
    told = page("resolve", Severity.page, status=status, changed=1_000_000 + 2 * HOUR + 300_000)
    first, head, small = words(told, "https://x")
    assert first == f"{said}: repeat_contact: 3 contacts about billing within 7 d"
    assert head.startswith(f":white_check_mark: *{said}: repeat_contact*\n")
    assert small == f"customer {SINK.who(told.alert)} · alert a1"


def test_what_stands_in_the_data_mentions_nobody() -> None:
    told = page(text="topic <!channel> & <https://evil|free>\nsecond line", segment="<@U1>")
    said = json.dumps(message(told, SINK))
    assert "<!channel>" not in said
    assert "<@U1>" not in said
    assert "topic &lt;!channel&gt; &amp; &lt;https://evil|free&gt; second line" in said
    assert "customer-1" not in said
    assert all(text["verbatim"] for text in _texts(message(told, SINK)))


def _texts(said: dict[str, Any]) -> list[dict[str, Any]]:
    head, small = said["blocks"]
    return [head["text"], *small["elements"]]


async def test_the_longest_alert_is_taken(tmp_path: Path) -> None:
    async with desks.Slack() as server:
        client = slack(server, tmp_path).open(Now())
        [outcome] = await client.send([page(text="<" * 10_000, clears="y" * 10_000)])
        await client.close()
    assert outcome.status == "delivered"


async def test_one_after_another_and_none_behind_a_failure(tmp_path: Path) -> None:
    """Too many: the rest waits for as long as Slack asks."""
    script: list[desks.Answer] = [(200, {}), (429, {"Retry-After": "30"})]
    async with desks.Slack(*script) as server:
        client = slack(server, tmp_path).open(Now())
        outcomes = await client.send([page(id=f"a{n}") for n in range(4)])
        await client.close()
    assert [outcome.status for outcome in outcomes] == ["delivered", "retry", "retry", "retry"]
    assert outcomes[-1].after == 30.0
    assert len(server.bodies) == 2


async def test_amended_is_not_told_louder_is(tmp_path: Path) -> None:
    async with desks.Slack() as server:
        client = slack(server, tmp_path, severity="queue").open(Now())
        outcomes = await client.send([page("update", Severity.page), page("update", Severity.queue)])
        await client.close()
    assert [outcome.status for outcome in outcomes] == ["delivered"] * 2
    assert len(server.bodies) == 1


async def test_its_address_is_never_shown(tmp_path: Path) -> None:
    """Not by an answer, not by no answer, not by an address that is none."""
    async with desks.Slack() as server:
        sink = slack(server, tmp_path)
        (tmp_path / "url").write_text(server.url + "x")
        client = sink.open(Now())
        [refused] = await client.send([page()])
    [away] = await client.send([page()])
    (tmp_path / "url").write_text("s3cr3t")
    [odd] = await client.send([page()])
    await client.close()
    assert [one.status for one in (refused, away, odd)] == ["rejected", "retry", "retry"]
    assert refused.detail == "404 Not Found: no_service"
    assert "s3cr3t" not in repr((refused, away, odd))


async def test_through_the_courier(tmp_path: Path) -> None:
    """Down, mute, then it takes it; then it takes no more, which is kept for operators."""
    script: list[desks.Answer] = [(500, {}), None, (200, {}), (410, {})]
    async with desks.Slack(*script) as server:
        told = Told(slack(server, tmp_path, timeout=0.2), Now(1_000.0))
        told.hear(alert(severity="page", opened=1_000_000))
        await told.counts(retry=2, delivered=1)
        told.hear(alert(severity="page", version=2, status="resolved"))
        await told.counts(retry=2, delivered=1, rejected=1)
        [letter] = told.letters()
        await told.close()
    assert json.loads(letter.value)["answer"] == "410 Gone: so it is"
    assert told.letters() == []
