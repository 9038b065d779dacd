"""What may come in, and with which reason the rest stays out.

Covers stream/ticks.py, stream/record.py.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stream import event as events
from stream.definitions import DAY, MINUTE, Calendar
from stream.record import Reason, murmur2
from stream.ticks import LogTime, Ticker, tick
from tests.support.builders import (
    DEFINITIONS,
    answered,
    cancelled,
    customer,
    event,
    opened,
    renewal_due,
    replied,
    run,
    sent,
    started,
    updated,
    viewed,
)


@pytest.mark.parametrize(
    ("heard", "field"),
    [
        (answered("S1", 0, 0), "$.data.score"),
        (answered("S1", 0, 8), "$.data.score"),
        (answered("S1", 0, 1, "unknown"), "$.data.kind"),
        (sent("S1", 0, "unknown"), "$.data.kind"),
        (started("U1", 0, "-1"), "$.data.amount"),
        (started("U1", 0, "10000000000001"), "$.data.amount"),
        (event("invoice.paid", 0, {"invoice": "I", "amount": "1", "currency": "XXX"}), "$.data.currency"),
        (opened("T1", 0, promised_by="0001-01-01T00:00:00Z"), "$.data.promised_by"),
        (updated("T1", 0, promised_by="1969-12-31T23:59:59Z"), "$.data.promised_by"),
        (renewal_due("U1", 0, 64_000 * DAY), "$.data.due_at"),
        (cancelled("U1", 0, 64_000 * DAY), "$.data.effective_at"),
    ],
)
def test_what_lies_outside_its_definition_is_invalid(heard: Any, field: str) -> None:
    [letter] = run(heard).letters
    assert letter.reason is Reason.INVALID
    assert letter.detail.endswith(f"at `{field}`")
    assert letter.value == heard.value


def test_what_is_not_handled_yet_says_so() -> None:
    [letter] = run(event("customer.merged", 0, {"into": "c2"})).letters
    assert (letter.reason, "redrive" in letter.detail) == (Reason.INVALID, True)


def test_a_date_up_to_which_calendars_go_is_taken() -> None:
    """In the farthest zone, whoever looks at it."""
    far = msgspec.structs.replace(DEFINITIONS, timezone="Pacific/Auckland", calendars={"default": Calendar()})
    rows = [
        started("U1", 0),
        cancelled("U1", 1, 63_000 * DAY),
        opened("T1", 0, promised_by="2199-12-31T23:59:59Z"),
    ]
    assert run(*rows, until=DAY, d=far).letters == []


def test_what_fits_comes_in() -> None:
    found = run(opened("T1", 0), answered("S1", 0, 7), started("U1", 0), viewed(0), customer(0, segment="a"))
    assert found.letters == []


def test_a_full_record_takes_no_more_and_says_so() -> None:
    replies = [replied("T1", i) for i in range(1, 2_002)]
    letters = run(opened("T1", 0), *replies, of="ticket_volume").letters
    assert [x.reason for x in letters] == [Reason.OVER_LIMIT] * 2


def test_a_long_session_takes_what_is_new_and_lets_go_of_its_oldest_views() -> None:
    views = [viewed(i, "V1") for i in range(2_002)]
    assert run(*views, of="bounce_rate").letters == []


def test_ticks_where_something_is_due_or_nothing_came() -> None:
    ticker = Ticker()
    assert ticker.wants(100_000, 99_999, 100_000)
    assert not ticker.wants(100_999, 100_000, 100_000)  # at most one a second
    assert ticker.wants(101_000, 100_000, 100_500)
    never = 1 << 64
    silences: list[int] = []
    last = now = 101_000
    while len(silences) < 5:
        now += 500
        if ticker.wants(now, 0, never):
            silences.append(now - last)
            last = now
    assert silences == [10_000, 20_000, 40_000, 60_000, 60_000]
    ticker.heard()
    assert ticker.wants(now + 10_000, 0, never)


def test_a_clock_that_is_set_back_holds_up_no_tick() -> None:
    """At once by an hour, or before the start: what passes is counted from the log's own clock."""
    time, ticker, hour = LogTime(), Ticker(), 3_600_000
    assert time.now(2 * hour, 5_000, 2 * hour - 1) == 2 * hour
    assert ticker.wants(2 * hour, 2 * hour - 1, 2 * hour)
    assert time.now(hour, 6_000, 2 * hour) == 2 * hour  # the log's clock moved just now
    assert time.now(hour, 8_500, 2 * hour) == 2 * hour + 2_500
    assert ticker.wants(2 * hour + 2_500, 2 * hour, 2 * hour + 2_000)
    assert time.now(4 * hour, 9_000, 2 * hour) == 4 * hour
    assert ticker.wants(4 * hour, 2 * hour, 3 * hour)
    assert not ticker.wants(3 * hour, 2 * hour, 3 * hour)
    assert ticker.wants(3 * hour + 1_000, 2 * hour, 3 * hour)


def test_a_tick_is_an_event() -> None:
    out = tick(3, 5 * MINUTE)
    heard: Any = events.decode(out.value)
    assert (heard.type, events.millis(heard.time), heard.id) == ("clock.ticked", 5 * MINUTE, "tick-3-300000")
    assert (out.partition, out.timestamp) == (3, 5 * MINUTE)
    assert msgspec.json.decode(out.value)["subject"] == "clock"


@pytest.mark.parametrize(
    ("key", "hashed"),
    [  # org.apache.kafka.common.utils.UtilsTest
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_kafkas(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed & 0x7FFFFFFF
