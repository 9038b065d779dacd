"""Words for people: one line whatever is in the data, and no word about what is not known.

Covers stream/infra/undelivered.py.
"""

from __future__ import annotations

import pytest

from stream.claims import Severity
from stream.infra.undelivered import Undelivered, out
from stream.infra.wording import facts, is_news, line, moment, numbers, rfc3339, state
from stream.notices import Kind, Notice
from tests.support.alerts import alert


@pytest.mark.parametrize(
    ("kind", "severity", "held_as", "news"),
    [
        ("open", Severity.queue, None, True),
        ("resolve", Severity.queue, Severity.queue, True),
        ("update", Severity.page, Severity.queue, True),
        ("update", Severity.page, Severity.page, False),
        ("update", Severity.queue, Severity.page, False),
    ],
)
def test_what_is_news(kind: Kind, severity: Severity, held_as: Severity | None, news: bool) -> None:
    assert is_news(Notice(alert(), kind, severity, held_as)) is news


def test_an_incident_that_grew_is_news() -> None:
    assert is_news(Notice(alert(signal="incident"), "update", Severity.page, Severity.page))


def test_only_what_is_known_is_said() -> None:
    bare = Notice(alert(), "open", Severity.queue)
    assert dict(facts(bare, "ab12")) == {"customer": "ab12", "opened": "1970-01-01 00:16 UTC", "alert": "a1"}
    full = alert(vip=True, segment="smb", numbers={"a": 1, "b": 2}, clears="x\ny", warns_of="churn")
    assert list(dict(facts(Notice(full, "open", Severity.queue, why="late"), "ab12"))) == [
        "customer", "segment", "numbers", "clears when", "warns of", "opened", "routing", "alert",
    ]  # fmt: skip
    assert dict(facts(Notice(full, "open", Severity.queue), "ab12"))["clears when"] == "x y"
    assert numbers(full) == "a 1, b 2"


def test_one_line() -> None:
    assert line(" a\r\nBcc: x\t\u2028b\x00\u202ec\ud800 ") == "a Bcc: x b c"
    assert line("Grüße, 客户 🙂") == "Grüße, 客户 🙂"
    assert state(Notice(alert(), "open", Severity.queue)) == "QUEUE"
    assert (rfc3339(1_000_001), moment(0)) == ("1970-01-01T00:16:40.001Z", "1970-01-01 00:00 UTC")


def test_a_letter_is_known_by_sink_and_version() -> None:
    record = out(Undelivered(1, "slack", "a1/1/2", "low_score", "open", "page", "410 Gone"))
    assert (record.topic, record.partition, record.key) == ("journey.undelivered", 0, b"slack/a1/1/2")
