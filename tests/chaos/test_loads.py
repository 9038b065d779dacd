"""Input at the edge: records at the size limit, one customer with very many events, very many things due at once, and
a worker whose clock is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stream.intake import LIMIT
from tests.chaos.load import Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_kills import EVERYTHING, SEED

LARGE = LIMIT - 50_000  # bytes of a raw record's padding


def event(number: int, kind: str, at: float, subject: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`at` in seconds since the epoch."""
    return {
        "specversion": "1.0", "id": f"{subject}-{number}", "source": "edge", "type": kind, "subject": subject,
        "time": datetime.fromtimestamp(at, UTC).isoformat(), "data": data, **more,
    }  # fmt: skip


def test_records_at_the_size_limit(rig: Callable[..., Rig]) -> None:
    """As large as an event may be, and raw records just below and just above what intake looks at."""
    under = rig()
    under.crew.ready(EVERYTHING)
    now = time.time()
    comment = "\U0001f600" * 20_000  # 80 kB, escaped 240 kB
    said = [
        event(
            i, "survey.answered", now - i, "loud", {"survey": f"S{i}", "kind": "csat", "score": 2, "comment": comment}
        )
        for i in range(20)
    ]
    padded = [
        event(i, "ticket.opened", now - i, "padded", {"ticket": f"T{i}", "channel": "chat"}, note="x" * size)
        for i, size in enumerate((LARGE, LARGE - 1_000, LARGE + 40_000))
    ]
    too_large = event(0, "ticket.opened", now, "huge", {"ticket": "H", "channel": "chat"}, note="x" * (LIMIT + 50_000))
    load = Load(under.kafka.bootstrap, [*said, *padded, *events(20, SEED), too_large], 5_000)
    load.no_events(too_large["id"])
    under.settle(load.start())
    assert under.crew.codes == []


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", [1_000, *(pytest.param(n, marks=pytest.mark.chaos) for n in (10_000, 100_000))])
def test_a_customer_with_very_many_events(rig: Callable[..., Rig], count: int) -> None:
    under = rig()
    under.crew.ready(EVERYTHING)
    start = time.time() - 20 * 86_400
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("ticket.opened", {"channel": "chat", "team": "a"}),
        ("ticket.replied", {"author": "agent"}),
        ("ticket.transferred", {"to_team": "b"}),
        ("ticket.resolved", {}),
    )
    given = [
        event(i, kinds[i % 4][0], start + i * 10, "giant", {"ticket": f"G{i // 4}", **kinds[i % 4][1]})
        for i in range(count)
    ]
    under.settle(Load(under.kafka.bootstrap, given, 20_000).start(), 3_000)
    assert under.crew.codes == []


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_very_many_things_due_at_once_after_a_downtime(rig: Callable[..., Rig]) -> None:
    """Promises that all pass while nobody works."""
    under = rig()
    (worker,) = under.crew.ready(EVERYTHING)
    now = time.time()
    due = datetime.fromtimestamp(now + 25, UTC).isoformat()
    opening = {"channel": "chat", "topic": "billing", "team": "a", "promised_by": due}
    given = [event(i, "ticket.opened", now - 3_600, f"p{i}", {"ticket": f"P{i}", **opening}) for i in range(10_000)]
    load = Load(under.kafka.bootstrap, given, 20_000).start()
    load.join()
    worker.freeze()
    under.crew.run(max(0.0, now + 26 - time.time()))
    worker.thaw()
    live = under.settle(load, 600)
    missed = [value for value in live.said.values() if b'"missed_promise"' in value]
    assert len(missed) >= 10_000


@pytest.mark.parametrize("running", [False, pytest.param(True, marks=pytest.mark.chaos)])
def test_a_worker_whose_clock_is_set_back(rig: Callable[..., Rig], running: bool) -> None:
    """By an hour, before it starts or while it works. It still ticks: what is due is said."""
    under = rig()
    crew, back = under.crew, under.pipe.home / "set-back"
    crew.environment["CHAOS_CLOCK_SINCE"] = str(back)
    worker = crew.start(EVERYTHING, clock=-3_600.0)
    before = Load(under.kafka.bootstrap, events(20, SEED) if running else [], 1_000).start()
    before.join()
    if running:
        under.work_off(before)
        crew.until(lambda: worker.ready, "it runs")
    back.touch()
    now = time.time()
    due = datetime.fromtimestamp(now + 10, UTC).isoformat()
    opening = {"channel": "chat", "topic": "billing", "team": "a", "promised_by": due}
    load = Load(under.kafka.bootstrap, [event(0, "ticket.opened", now - 60, "p", {"ticket": "P", **opening})], 100)
    load.junk += before.junk
    load.start()
    crew.until(lambda: any("missed" in str(b) for b in list(under.hook.told.values())), "the miss is said", 90)
    under.settle(load)
