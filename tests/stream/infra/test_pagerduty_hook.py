"""What PagerDuty tells: signed, by people, about our incidents; the body is that of their documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.infra.pagerduty_hook import Judged, is_signed, judged
from tests.support.desks import resolved, signature

VERDICTS: Any = {"incident.resolved": "useful"}


def test_a_person_resolved_an_incident_of_ours() -> None:
    found = judged(resolved("journeywatch:a1"), VERDICTS)
    assert found == Judged("a1", "useful", 1_601_664_322_169, "pagerduty/5ac64822", "pagerduty:PLH1HKV")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"event_type": "incident.acknowledged"}, "incident.acknowledged is no verdict"),
        ({"event_type": "pagey.ping"}, "pagey.ping is no verdict"),
        ({"agent": None}, "nobody did it"),
        ({"agent": {"id": "P1", "type": "integration_reference"}}, "nobody did it"),
        ({"data": {"incident_key": "d3640fbd"}}, "the incident is not ours"),
        ({"data": {"incident_key": None}}, "the incident is not ours"),
        ({"data": {}}, "the incident is not ours"),
        ({"occurred_at": "2020-10-02T18:45:22.169"}, "occurred_at has no offset"),
        ({"occurred_at": "noon"}, "no event of an incident"),
        ({"id": 5}, "no event of an incident"),
    ],
)
def test_what_is_no_verdict(changed: dict[str, Any], why: str) -> None:
    body = json.loads(resolved("journeywatch:a1"))
    body["event"] |= changed
    said = judged(json.dumps(body).encode(), VERDICTS)
    assert isinstance(said, str)
    assert said.startswith(why)


@given(st.binary(max_size=64))
def test_it_is_total(body: bytes) -> None:
    assert isinstance(judged(body, VERDICTS), str)


def test_a_signature_is_of_the_body_and_of_one_of_the_secrets() -> None:
    body, secret = b'{"event": 1}', "s3cret"
    good, other = signature(body, secret), signature(body, "other")
    assert is_signed(body, good, secret)
    assert is_signed(body, f"{other},{good}", secret)
    assert is_signed(body, f"{other}, {good}", secret)
    for header in (other, "", "v1=", good.removeprefix("v1="), good[:-1], "ü"):
        assert not is_signed(body, header, secret)
    assert not is_signed(body + b" ", good, secret)
