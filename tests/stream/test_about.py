"""What an alert is about: the labels that it carries for those who route and group it; and verdicts beside alerts."""

from __future__ import annotations

import msgspec

from stream.claims import Verdict
from stream.definitions import DAY, HOUR
from stream.partition import Partition
from stream.record import ALERTS, REVIEW, appends
from tests.support.builders import (
    DEFINITIONS,
    START,
    answered,
    customer,
    log_of,
    opened,
    plan_of,
    reopened,
    resolved,
    reviewed,
    run,
    transferred,
)


def test_an_alert_of_a_ticket_has_its_dimensions_as_now_known() -> None:
    told = run(
        customer(0, segment="smb", team="care"),
        opened("T1", 0, topic="billing", team="first", channel="chat"),
        resolved("T1", HOUR),
        reopened("T1", 2 * HOUR),
        transferred("T1", 3 * HOUR, "second"),
        resolved("T1", 4 * HOUR),
        until=2 * DAY,
    )
    cuts = [a.cut for a in told.alerts if a.signal == "reopened"]
    assert cuts[0] == {"channel": "chat", "segment": "smb", "team": "first", "topic": "billing"}
    assert cuts[-1] == {**cuts[0], "team": "second"}


def test_without_a_ticket_the_team_is_the_customers() -> None:
    told = run(customer(0, segment="smb", team="care"), answered("S1", HOUR, 1, kind="nps"))
    [alert] = [a for a in told.alerts if a.signal == "low_score"]
    assert alert.cut == {"segment": "smb", "team": "care"}


def test_every_verdict_is_said_beside_the_alerts() -> None:
    """Whether the alert is open, over or a stranger's: what it was worth is known to those who hear of it."""
    [records] = log_of([reviewed("a1", DAY, "low_score", "useful")])
    outs = [out for append in appends(Partition(DEFINITIONS, plan_of(), 0, {}).feed(records)) for out in append.out]
    [said] = [out for out in outs if out.topic == ALERTS]
    assert said.key == REVIEW
    assert msgspec.json.decode(said.value, type=Verdict) == Verdict("a1", "useful", START + DAY)
