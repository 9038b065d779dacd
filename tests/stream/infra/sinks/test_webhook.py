"""The webhook: signed so that a receiver can tell, told in order, and what is rejected is kept with its answer."""

from __future__ import annotations

import hmac
import json
import re
import sys
import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agents.embedded.child import Child, free_port, listening
from stream.claims import Severity
from stream.faults import Faults
from stream.infra import plugins, settings
from stream.infra.posting import AT_ONCE
from stream.infra.pseudonym import pseudonym
from stream.infra.sinks.webhook import SINK, Client, Webhook, headers, message, read_keys
from stream.notices import Notice
from tests.support.alerts import alert
from tests.support.delivering import Told
from tests.support.sinks import Now
from tests.support.tools import ROOT
from tests.support.web import ScriptedServer

NOW = Now(1_674_087_231.9)
UNSIGNED = Webhook(secret_file="-")


def opened(id: str = "a1", **given: Any) -> Notice:
    return Notice(alert(id, **given), "open", Severity.queue)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    return file


def test_it_is_off_until_it_has_an_address() -> None:
    assert not SINK.ready()
    hook = Webhook(url="http://x", secret_file="f", severity="page")
    assert hook.ready()
    assert (hook.least, hook.repeat) == (Severity.page, 0)


def test_an_unsigned_webhook_is_a_fault_of_the_settings() -> None:
    variables = {"JOURNEYWATCH_SINKS__WEBHOOK__URL": "http://x"}
    with pytest.raises(Faults, match=r"sinks\.webhook: a webhook is signed: name the file with its key as secret_file"):
        plugins.load(settings.load(None, variables))
    variables["JOURNEYWATCH_SINKS__WEBHOOK__SECRET_FILE"] = "/run/secrets/webhook"
    found = plugins.load(settings.load(None, variables)).sinks["webhook"]
    assert found == Webhook(url="http://x", secret_file="/run/secrets/webhook")


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The known example of their documentation (standardwebhooks.com, spec, "verifying webhook authenticity")."""
    keys = read_keys(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    given = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}', keys)
    assert given == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_keys_change_each_has_its_signature() -> None:
    keys = read_keys(b"old\n\nwhsec_bmV3\n")
    assert keys == [b"old", b"new"]
    signatures = headers("k", 7, b"{}", keys)["webhook-signature"].split()
    assert signatures == ["v1," + b64encode(hmac.digest(one, b"k.7.{}", sha256)).decode() for one in keys]
    for text in (b"", b"\n \n", b"whsec_not base64"):
        with pytest.raises(ValueError):
            read_keys(text)


def test_the_message_names_the_alert_and_not_the_customer() -> None:
    trail = [{"at": 1, "type": "ticket.opened", "about": "T-1", "source": "s", "id": "customer-1 called"}]
    told = opened(trail=trail, numbers={"contacts": 3})
    body = message(told, UNSIGNED)
    said = json.loads(body)
    assert (said["type"], said["key"], said["severity"]) == ("alert.open", "a1/1/1", "queue")
    assert said["timestamp"] == "1970-01-01T00:16:40.000Z"
    assert (said["alert"]["signal"], said["alert"]["numbers"]) == ("repeat_contact", {"contacts": 3})
    assert said["alert"]["subject"] == pseudonym("customer-1")
    assert b"customer-1" not in body
    assert body == message(told, UNSIGNED), "a repeat is the same to the byte"
    plain = json.loads(message(told, Webhook(subject="plain")))
    assert plain["alert"]["subject"] == "customer-1"
    keyed = json.loads(message(told, Webhook(pseudonym_key="k")))
    assert keyed["alert"]["subject"] == pseudonym("customer-1", "k")


async def test_what_fails_stops_the_batch_and_what_is_rejected_does_not(key: Path) -> None:
    """The first few go at once; nothing is sent behind a failure, and the longest pause asked for holds."""
    batch = [opened(f"a{n}") for n in range(2 * AT_ONCE + 1)]
    script: list[tuple[int, dict[str, str]]] = [*[(200, {})] * (AT_ONCE - 1), (410, {})]
    script += [(503, {"Retry-After": "9"}), (429, {"Retry-After": "5"})]
    async with ScriptedServer(*script) as server:
        client = Client(Webhook(url=server.url, secret_file=str(key)), NOW)
        outcomes = await client.send(batch)
        await client.close()
    assert len(server.bodies) == 2 * AT_ONCE
    statuses = [outcome.status for outcome in outcomes]
    assert statuses[:AT_ONCE].count("rejected") == 1
    assert statuses[AT_ONCE:].count("retry") == 3
    assert outcomes[-1].after == 9.0
    signed = {(given["webhook-id"], given["webhook-timestamp"]) for given in server.headers}
    assert signed == {(f"a{n}/1/1", "1674087231") for n in range(2 * AT_ONCE)}


async def test_the_courier_tries_again_keeps_the_order_and_gives_up_on_a_rejection(key: Path) -> None:
    """Away, then back, then refusing one version of an alert, then taking the next."""
    async with ScriptedServer((500, {}), (503, {"Retry-After": "1"}), (200, {}), (403, {})) as server:
        told = Told(Webhook(url=server.url, secret_file=str(key)), Now(1_000.0))
        told.hear(alert())
        await told.counts(retry=2, delivered=1)
        assert told.now.seconds >= 1_001.0, "not before Retry-After"
        assert [body["key"] for body in server.bodies] == ["a1/1/1"] * 3
        told.hear(alert(version=2, text="more"))
        await told.counts(retry=2, delivered=1, rejected=1)
        told.hear(alert(version=3, status="resolved"))
        await told.counts(retry=2, delivered=2, rejected=1)
        [letter] = told.letters()
        await told.close()
    assert [body["type"] for body in server.bodies[3:]] == ["alert.update", "alert.resolve"]
    assert told.telemetry.sink("webhook").up
    assert (letter.topic, letter.key) == ("journey.undelivered", b"webhook/a1/1/2")
    said = json.loads(letter.value)
    assert 1_001_000 <= said.pop("at") <= 1_000 * told.now.seconds
    assert said == {
        "sink": "webhook",
        "key": "a1/1/2",
        "signal": "repeat_contact",
        "kind": "update",
        "severity": "queue",
        "answer": "403 Forbidden: so it is",
    }


async def test_the_receiver_of_the_documentation_verifies(key: Path, tmp_path: Path) -> None:
    """It runs as printed: takes what is genuine, once, and refuses what is forged, altered or old."""
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "webhook.md").read_text(), re.DOTALL)
    assert len([line for line in program.splitlines() if line.strip()]) <= 25
    file, log, port = tmp_path / "receiver.py", tmp_path / "log", free_port()
    file.write_text(program)
    command = [sys.executable, str(file), str(key), str(port)]
    body, now = message(opened(), UNSIGNED), int(time.time())
    genuine = headers("a1/1/1", now, body, [b"s3cret"])
    cases = [
        (204, body, genuine),
        (204, body, genuine),
        (204, body, headers("a1/1/1", now, body, [b"new", b"s3cret"])),
        (401, body, headers("a1/1/1", now, body, [b"guess"])),
        (401, body.replace(b"queue", b"page"), genuine),
        (401, body, headers("a1/1/1", now - 900, body, [b"s3cret"])),
        (401, body, genuine | {"webhook-id": "a1/1/2"}),
    ]
    with Child(command, ready=lambda: listening(port), log=log):
        async with aiohttp.ClientSession() as http:
            for status, data, given in cases:
                async with http.post(f"http://127.0.0.1:{port}", data=data, headers=given) as answer:
                    assert answer.status == status, given
    lines = [line for line in log.read_text().splitlines() if line.startswith("alert.")]
    assert lines == [f"alert.open repeat_contact {pseudonym('customer-1')} 3 contacts about billing within 7 d"]
