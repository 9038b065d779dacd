"""Use of the product on logs of a few rows whose numbers are known by hand."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle.logs import DAY, HOUR, NOON, at, log
from tests.oracle.oracle import Readings, compute

CORE = {"product": "core", "amount": "10", "currency": "USD", "interval": "month"}


def started(after: int, who: str, sub: str = "p") -> tuple[Any, ...]:
    return NOON + after, "subscription.started", {"subscription": sub, **CORE}, who


def used(after: int, who: str, feature: str = "search") -> tuple[Any, ...]:
    return NOON + after, "feature.used", {"feature": feature}, who


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def run(*rows: Any, end: int = 60 * DAY, **options: Any) -> Readings:
        return compute([log(tmp_path / "log.ndjson", *rows, end=NOON + end)], **options)

    return run


def test_time_to_value_from_the_first_subscription(read: Any) -> None:
    """Within thirty days; who never gets there is among those who started."""
    found = read(
        (NOON - DAY, "milestone.reached", {"milestone": "value"}, "a"),
        started(0, "a"),
        started(DAY, "a", "q"),
        (NOON + 2 * DAY, "milestone.reached", {"milestone": "value"}, "a"),
        (NOON + 3 * DAY, "milestone.reached", {"milestone": "value"}, "a"),
        started(0, "late"),
        (NOON + 31 * DAY, "milestone.reached", {"milestone": "value"}, "late"),
        started(0, "never"),
        (NOON + DAY, "milestone.reached", {"milestone": "invited"}, "never"),
    )
    row = at(found, "time_to_value")
    assert row.parts == {"sum": 2 * 86_400, "n": 1, "started": 3}
    assert row.quantiles == {50: 2 * 86_400, 90: 2 * 86_400}


def test_adoption_of_the_last_twenty_eight_days(read: Any) -> None:
    """Of active customers; a feature's share is of all of them; tiers by distinct features, of whoever used any."""
    many = [used(40 * DAY, "many", f"f{i}") for i in range(6)]
    found = read(
        *(started(0, who) for who in ("many", "few", "old", "none")),
        *many,
        *many,
        used(32 * DAY + 1, "few", "f0"),
        used(32 * DAY, "old", "f0"),
        used(59 * DAY, "stranger", "f0"),
    )
    assert at(found, "adoption_rate", "now").parts == {"num": 2, "den": 4}
    assert at(found, "adoption_rate", "now", feature="f0").parts == {"num": 2, "den": 4}
    assert at(found, "adoption_rate", "now", feature="f5").value == 0.25
    tiers = {tier: at(found, "adoption_tier", "now", tier=tier).n for tier in ("beginner", "intermediate", "advanced")}
    assert tiers == {"beginner": 2, "intermediate": 0, "advanced": 1}


def test_stickiness_is_of_the_last_whole_day(read: Any) -> None:
    """The log ends at noon: yesterday counts, today does not; 28 days to yesterday's end."""
    day = 60 * DAY - 12 * HOUR  # midnight before the end
    found = read(
        used(day - 1, "a"),
        used(day - DAY - 1, "b"),
        used(day - 28 * DAY, "c"),
        used(day - 28 * DAY - 1, "d"),
        used(day, "e"),
    )
    assert at(found, "stickiness", "now").parts == {"num": 1, "den": 3}


def test_activity_churn_is_silence_of_twenty_eight_days(read: Any) -> None:
    """Since the last use of any kind, or since becoming active if that is later."""
    found = read(
        *(started(0, who) for who in ("silent", "writes", "reads")),
        used(32 * DAY, "silent"),
        (NOON + 33 * DAY, "page.viewed", {"url": "/"}, "reads"),
        (NOON, "ticket.opened", {"ticket": "t", "channel": "web"}, "writes"),
        (NOON + 40 * DAY, "ticket.replied", {"ticket": "t", "author": "customer"}, "writes"),
        (NOON + 50 * DAY, "ticket.replied", {"ticket": "t", "author": "agent"}, "silent"),
        started(50 * DAY, "fresh"),
    )
    assert at(found, "churn_activity", "now").parts == {"num": 1, "den": 4}
