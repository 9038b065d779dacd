"""What PagerDuty tells of our incidents (webhooks v3), as verdicts.

Signed: `X-PagerDuty-Signature: v1=<hex of HMAC-SHA256 over the body>`, several separated by commas while a secret
changes. https://developer.pagerduty.com/docs/webhooks/webhook-signatures/
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import Struct

from stream.event import millis
from stream.infra.reviews import Verdict
from stream.infra.sinks.pagerduty import PREFIX

PERSON = "user_reference"  # what an agent is if it is one of them; what our own resolve does is nobody's verdict


class Judged(Struct, frozen=True):
    """What somebody did to the incident of an alert. `at` in ms; `id` = of PagerDuty's event; `by` = their user."""

    alert: str
    verdict: Verdict
    at: int
    id: str
    by: str


class _Agent(Struct, frozen=True):
    id: str = ""
    type: str = ""


class _Incident(Struct, frozen=True):
    incident_key: str | None = None


class _Event(Struct, frozen=True):
    id: str
    event_type: str
    occurred_at: datetime
    agent: _Agent | None = None
    data: _Incident = _Incident()


class _Hook(Struct, frozen=True):
    event: _Event


_decode = msgspec.json.Decoder(_Hook).decode


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether one of the signatures in `header` is of `body` under `secret`."""
    wanted = f"v1={hmac.new(secret.encode(), body, sha256).hexdigest()}".encode()
    given = (one.strip().encode("utf-8", "replace") for one in header.split(","))
    return any(hmac.compare_digest(wanted, one) for one in given)


def judged(body: bytes, verdicts: Mapping[str, Verdict]) -> Judged | str:
    """What a message stands for; else why it stands for nothing. `verdicts`: by type of event. Total on any bytes."""
    try:
        event = _decode(body).event
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return f"no event of an incident: {error}"
    key = event.data.incident_key or ""
    if (verdict := verdicts.get(event.event_type)) is None:
        return f"{event.event_type} is no verdict"
    if event.agent is None or event.agent.type != PERSON:
        return "nobody did it"
    if not key.startswith(PREFIX):
        return "the incident is not ours"
    if event.occurred_at.tzinfo is None:
        return "occurred_at has no offset"
    by = f"pagerduty:{event.agent.id}"
    return Judged(key.removeprefix(PREFIX), verdict, millis(event.occurred_at), f"pagerduty/{event.id}", by)
