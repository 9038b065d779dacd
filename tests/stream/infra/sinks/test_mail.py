"""E-mail: the queue at its hours, pages at once if wanted, against an SMTP server that fails in every way."""

from __future__ import annotations

import email
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from stream.claims import Severity
from stream.faults import Faults
from stream.infra import plugins, settings
from stream.infra.sinks import Queue
from stream.infra.sinks.mail import SINK, Client, Mail, digest
from stream.notices import Notice
from stream.ranking import Ranked
from tests.support.alerts import alert
from tests.support.delivering import Told
from tests.support.desks import MailServer
from tests.support.sinks import Now
from tests.support.tls import certificates

NOW = Now(1_674_087_231.9)
Serve = Callable[..., MailServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts an SMTP server; it ends with the test."""
    with ExitStack() as stack:

        def start(*script: str, **options: Any) -> MailServer:
            server = MailServer(*script, **options)
            server.start()
            stack.callback(server.stop)
            return server

        yield start


def mail(server: MailServer, **given: Any) -> Mail:
    fields = {
        "security": "none",
        "sender": "alerts@example.org",
        "to": ("a@example.org", "b@example.org"),
        "timeout": 5.0,
    }
    return Mail(host="127.0.0.1", port=server.port, **{**fields, **given})


def page(kind: Any = "open", held_as: Severity | None = None, **given: Any) -> Notice:
    return Notice(alert(severity="page", **given), kind, Severity.page, held_as)


def read(server: MailServer) -> list[EmailMessage]:
    return [email.message_from_bytes(data, policy=default) for _, data in server.mails]


def test_it_is_off_until_it_has_a_host_and_pages_nobody_unasked() -> None:
    assert not SINK.ready()
    here = Mail(host="h", sender="a@b", to=("c@d",))
    assert here.ready()
    assert (here.least, here.hours, here.repeat) == (None, (8,), 0)
    assert Mail(pages=True).least is Severity.page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"HOST": "h"}, "mail needs a sender, and at least one address as to"),
        ({"SENDER": "nobody"}, "sender and to are addresses"),
        ({"DIGEST": "[24]"}, "digest names hours of the day, 0 to 23"),
        (
            {"HOST": "h", "SENDER": "a@b", "TO": '["c@d"]', "USERNAME": "u", "SECURITY": "none"},
            "the password would travel in the clear",
        ),
    ],
)
def test_wrong_settings_are_said(given: dict[str, str], words: str) -> None:
    with pytest.raises(Faults, match=words):
        plugins.load(settings.load(None, {f"JOURNEYWATCH_SINKS__MAIL__{name}": value for name, value in given.items()}))


async def test_a_page_and_its_end_are_one_thread(serve: Serve) -> None:
    server = serve()
    client = mail(server).open(NOW, lambda alert: f"https://x/{alert.id}")
    ended = page("resolve", Severity.page, version=2, status="resolved", changed=1_300_000)
    outcomes = await client.send(
        [page(numbers={"contacts": 3}, text="two\nlines"), page("update", Severity.page), ended]
    )
    assert [outcome.status for outcome in outcomes] == ["delivered"] * 3
    first, last = read(server)
    assert first["Subject"] == "[PAGE] repeat_contact: two lines"
    assert last["Subject"].strip() == "[resolved, after 5 min] repeat_contact: 3 contacts about billing within 7 d"
    assert (first["Message-ID"], last["Message-ID"]) == ("<a1.1.1@journeywatch>", "<a1.1.2@journeywatch>")
    assert first["References"] == last["References"] == "<a1@journeywatch>"
    assert (first["From"], first["To"]) == ("alerts@example.org", "a@example.org, b@example.org")
    assert first["Date"] == "Thu, 19 Jan 2023 00:13:51 -0000"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_content().splitlines()[0] == "two lines"
    assert "numbers: contacts 3" in first.get_content()
    assert "useful, noise or known? https://x/a1" in first.get_content()
    assert "https://" not in last.get_content()
    assert all("customer-1" not in one.as_string() for one in (first, last)), "a customer's name stays inside"


def test_a_digest_lists_the_most_urgent_first() -> None:
    first = [Ranked(n, alert(f"a{n}", text=f"text {n}"), 0, ["queue", "open for 5 h"]) for n in (1, 2, 3)]
    queue = Queue(1_000_000, {("low_score", "queue"): 4, ("low_score", "page"): 1, ("other", "queue"): 0}, first)
    made = digest(queue, Mail(shown=2), lambda alert: f"https://x/{alert.id}")
    assert made["Subject"] == "journeywatch: 5 open alerts (1 page, 4 queue)"
    who = SINK.who(alert())
    assert made.get_content().splitlines() == [
        "Open at 1970-01-01 00:16 UTC: 1 page, 4 queue. The most urgent first.",
        "",
        "1. repeat_contact: text 1",
        f"   customer {who}; queue; open for 5 h",
        "   https://x/a1",
        "",
        "2. repeat_contact: text 2",
        f"   customer {who}; queue; open for 5 h",
        "   https://x/a2",
        "",
        "and 3 more",
    ]
    assert digest(Queue(0, {}, []), SINK)["Subject"] == "journeywatch: 0 open alerts"


@pytest.mark.parametrize(
    ("replies", "statuses"),
    [
        (["451 try later", ""], ["retry", "delivered"]),
        (["554 no such thing", ""], ["rejected", "delivered"]),
        (["", "552 too much"], ["delivered", "rejected"]),
        (["421 going away", ""], ["retry", "retry"]),
    ],
)
async def test_what_it_answers_to_a_message(serve: Serve, replies: list[str], statuses: list[str]) -> None:
    client = mail(serve(*replies)).open(NOW)
    outcomes = await client.send([page(id="a"), page(id="b")])
    assert [outcome.status for outcome in outcomes] == statuses
    assert all(words[:3] in outcome.detail for words, outcome in zip(replies, outcomes, strict=True))


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        ({"a@example.org": "550 nobody here", "b@example.org": "550 nobody here"}, "rejected"),
        ({"a@example.org": "550 nobody here", "b@example.org": "450 full"}, "retry"),
        ({"a@example.org": "550 nobody here"}, "delivered"),
    ],
)
async def test_recipients_that_it_refuses(
    serve: Serve, refused: dict[str, str], status: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve()
    server.refused = refused
    [outcome] = await mail(server).open(NOW).send([page()])
    assert outcome.status == status
    some = "mail went to some recipients only: 550 nobody here"
    assert [line.message for line in caplog.records if line.name == "journeywatch.delivery"] == [some][
        : len(server.mails)
    ]


async def test_any_words_are_taken(serve: Serve) -> None:
    """No control character, and no direction of writing, gets into a header."""
    server = serve()
    [outcome] = await mail(server).open(NOW).send([page(text="Grüße\r\nBcc: x@y\x00 🙂\u202e", segment="a\nb")])
    assert outcome.status == "delivered"
    [taken] = read(server)
    assert taken["Subject"] == "[PAGE] repeat_contact: Grüße Bcc: x@y 🙂"
    assert taken["Bcc"] is None
    assert "segment: a b" in taken.get_content()


async def test_no_server_and_no_starttls_are_tried_again(serve: Serve) -> None:
    server = serve()
    for sink in (mail(server, security="starttls"), Mail(host="127.0.0.1", port=1, sender="a@b", to=("c@d",))):
        outcomes = await sink.open(NOW).send([page(id="a"), page(id="b")])
        assert [outcome.status for outcome in outcomes] == ["retry"] * 2
    assert server.mails == []


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the file of the authority that it is known by."""
    pem = certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.cert, pem.key)
    return context, str(pem.ca)


async def test_a_wrong_password_is_no_fault_of_the_mail(
    serve: Serve, tls: tuple[ssl.SSLContext, str], tmp_path: Path
) -> None:
    server = serve(password="right", tls_context=tls[0])
    file = tmp_path / "password"
    file.write_text("wr0ng\n")
    sink = mail(server, security="starttls", ca_file=tls[1], username="u", password_file=str(file))
    [refused] = await sink.open(NOW).send([page()])
    file.write_text("right\n")
    [taken] = await sink.open(NOW).send([page()])
    assert (refused.status, taken.status) == ("retry", "delivered")
    assert "535" in refused.detail
    assert "wr0ng" not in repr(refused)


async def test_tls(serve: Serve, tls: tuple[ssl.SSLContext, str]) -> None:
    """Both ways, and not with a certificate of somebody else."""
    whole, within = serve(ssl_context=tls[0]), serve(tls_context=tls[0])
    for server, security in ((whole, "tls"), (within, "starttls")):
        [taken] = await mail(server, security=security, ca_file=tls[1]).open(NOW).send([page()])
        [refused] = await mail(server, security=security).open(NOW).send([page()])
        assert (taken.status, refused.status) == ("delivered", "retry")
        assert len(server.mails) == 1


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        sink = Mail(host="127.0.0.1", port=mute.getsockname()[1], sender="a@b", to=("c@d",), timeout=0.2)
        [outcome] = await sink.open(NOW).send([page()])
    assert outcome.status == "retry"
    assert "timed out" in outcome.detail


async def test_through_the_courier(serve: Serve) -> None:
    """Pages at once: later, then taken; the end is refused and kept for operators. The digest comes at its hour."""
    server = serve("451 later", "", "554 no")
    told = Told(mail(server, pages=True, digest=(1,)), Now(1_000.0))
    told.hear(alert(severity="page", opened=1_000_000), alert("b"))
    await told.counts(retry=1, delivered=1)
    told.hear(alert(severity="page", version=2, status="resolved"))
    await told.counts(retry=1, delivered=1, rejected=1)
    assert [letter.key for letter in told.letters()] == [b"mail/a1/1/2"]
    [digests] = told.courier.digests
    told.now.seconds = 3_600.0
    await digests.step()
    await told.close()
    assert [one["Subject"] for one in read(server)][1:] == ["journeywatch: 1 open alerts (1 queue)"]


def test_the_channel_has_all_that_the_courier_asks_of_one() -> None:
    assert isinstance(SINK.open(NOW), Client)
