"""Where people judge: whoever has the link may vote, programs that follow it do not, and nothing is said twice."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from stream.definitions import DAY
from stream.infra.ballot import Away, Ballot, PagerDuty
from stream.infra.links import Links
from stream.infra.reviews import Review, Reviewable
from tests.support.alerts import alert
from tests.support.desks import resolved, signature
from tests.support.sinks import Now

SECRET = "s3cret"


class Booth:
    """A ballot over one alert, `a1`; `away` = what it needs is not there. `said` = the verdicts."""

    def __init__(self) -> None:
        self.now = Now(1_000.5)
        self.said: list[Review] = []
        self.away = False
        self.links = Links("", "0123456789abcdef", 30 * DAY)
        hook = PagerDuty(SECRET, {"incident.resolved": "useful", "incident.acknowledged": "known"})
        self.ballot = Ballot(self.links, self._find, self._say, pagerduty=hook, clock=self.now)
        self.http: aiohttp.ClientSession

    async def _find(self, id: str) -> Reviewable | None:
        if self.away:
            raise Away("Redis: it sleeps")
        return Reviewable("a1", "low_score", "customer-1", "CES 2 of 7 about <billing>\n& more") if id == "a1" else None

    async def _say(self, review: Review) -> None:
        self.said.append(review)

    @property
    def link(self) -> str:
        return self.links(alert())

    async def ask(self, link: str) -> tuple[int, str]:
        async with self.http.get(link) as answer:
            self.headers = answer.headers
            return answer.status, await answer.text()

    async def vote(self, link: str, **form: str) -> tuple[int, str]:
        async with self.http.post(link, data=form) as answer:
            return answer.status, await answer.text()

    async def hook(self, body: bytes, header: str | None = None) -> tuple[int, str]:
        headers = {"X-PagerDuty-Signature": signature(body, SECRET) if header is None else header}
        async with self.http.post("/pagerduty", data=BytesIO(body), headers=headers) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    booth = Booth()
    await booth.ballot.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{booth.ballot.port}") as booth.http:
        yield booth
    await booth.ballot.close()


async def test_looking_is_not_voting(booth: Booth) -> None:
    """A mail scanner, a chat's preview: GET and HEAD, as often as they like."""
    for _ in range(2):
        status, page = await booth.ask(booth.link)
        assert status == 200
    async with booth.http.head(booth.link) as answer:
        assert answer.status == 200
    assert booth.said == []
    assert "low_score" in page
    assert "CES 2 of 7 about &lt;billing&gt; &amp; more" in page
    assert "customer-1" not in page, "a link may be passed on"
    assert re.findall(r'name="verdict" value="(\w+)"', page) == ["useful", "noise", "known"]
    assert "<script" not in page
    assert booth.headers["Cache-Control"] == "no-store"
    assert booth.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in booth.headers["Content-Security-Policy"]


async def test_a_vote_is_a_verdict(booth: Booth) -> None:
    status, page = await booth.vote(booth.link, verdict="noise", by="  Ann\n<b>  ")
    assert (status, "Thank you. <b>noise</b>: low_score." in page) == (200, True)
    await booth.vote(booth.link, verdict="useful", by="x" * 500)
    first, second = booth.said
    assert (first.about.id, first.about.subject, first.verdict, first.at) == ("a1", "customer-1", "noise", 1_000_500)
    assert (first.by, len(second.by)) == ("Ann <b>", 64)
    assert first.id != second.id, "a mind may be changed"


async def test_what_is_no_verdict_is_refused(booth: Booth) -> None:
    assert (await booth.vote(booth.link))[0] == 400
    assert (await booth.vote(booth.link, verdict="maybe"))[0] == 400
    async with booth.http.put(booth.link) as answer:
        assert answer.status == 405
    assert booth.said == []


async def test_links_that_are_none_or_no_more(booth: Booth) -> None:
    link, other = booth.link, booth.links(alert("b"))
    forged = [link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace("/a1/", "/b/"), "/verdict/a1/9/x"]
    for wrong in forged:
        assert (await booth.ask(wrong))[0] == (await booth.vote(wrong, verdict="noise"))[0] == 403
    assert (await booth.vote(other, verdict="noise"))[0] == 404, "the alert is forgotten"
    booth.now.seconds += 31 * 86_400
    assert (await booth.vote(link, verdict="noise"))[0] == 403
    assert booth.said == []


async def test_when_it_can_not_be_taken_people_are_told_to_come_again(booth: Booth) -> None:
    booth.away = True
    assert (await booth.vote(booth.link, verdict="noise"))[0] == 503
    assert (await booth.hook(resolved("journeywatch:a1")))[0] == 503
    booth.away = False
    assert (await booth.vote(booth.link, verdict="noise"))[0] == 200


async def test_pagerduty_s_word_counts_when_it_is_theirs(booth: Booth) -> None:
    body = resolved("journeywatch:a1")
    assert await booth.hook(body) == (202, "useful")
    assert await booth.hook(body) == (202, "useful")
    first, again = booth.said
    assert (first.id, first.at, first.by) == ("pagerduty/5ac64822", 1_601_664_322_169, "pagerduty:PLH1HKV")
    assert first == again, "a repeat is the same event, and counts once"
    assert await booth.hook(resolved("journeywatch:a1", "incident.acknowledged", "e2")) == (202, "known")
    for given, status in (("", 401), ("v1=00", 401), (signature(body, "other"), 401)):
        assert (await booth.hook(body, given))[0] == status
    assert (await booth.hook(resolved("journeywatch:gone")))[1] == "ignored: the alert is not known any more"
    assert (await booth.hook(resolved("another's")))[1] == "ignored: the incident is not ours"
    assert (await booth.hook(b"\xff"))[0] == 202
    assert len(booth.said) == 3


async def test_without_a_secret_pagerduty_is_not_listened_to() -> None:
    async def nobody(_: Any) -> None:
        return None

    ballot = Ballot(Links("", "0123456789abcdef", DAY), nobody, nobody)
    await ballot.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{ballot.port}") as http, http.post("/pagerduty") as answer:
        assert answer.status == 404
    await ballot.close()


async def test_what_is_too_large_is_not_read(booth: Booth) -> None:
    assert (await booth.hook(b"x" * (2 << 20)))[0] == 413
