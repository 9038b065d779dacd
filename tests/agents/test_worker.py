"""What a worker says of itself at its start, and when it counts as ready."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from agents.worker import LoopLag, exposed, lagging
from stream.infra.sections import Metrics
from tests.support.live import Pipe
from tests.support.recount import until

NOW = 1_000.0


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (Metrics(), ""),
        (Metrics(bind="::1"), ""),
        (Metrics(bind="0.0.0.0"), "/metrics listens on 0.0.0.0 without a token"),
        (Metrics(bind="10.0.0.1", token="t"), "/metrics listens on 10.0.0.1 without TLS"),
    ],
)
def test_metrics_that_others_may_read_are_warned_of(metrics: Metrics, words: str) -> None:
    assert exposed(metrics).startswith(words)
    assert bool(exposed(metrics)) == bool(words)


@pytest.mark.parametrize(
    ("heard", "clock", "waiting", "log", "why"),
    [
        (699, 0, 1, "append", ["journeys: 301 s behind"]),
        (701, 0, 1, "append", []),
        (699, 0, 0, "append", []),  # it is the newest there is
        (0, 699, 1, "append", ["journeys: 301 s behind"]),  # nothing folded since its start
        (0, 0, 1, "append", []),
        (699, 0, 1, "record", []),  # the records' own time says nothing of now
    ],
)
async def test_who_lags_is_not_ready(
    tmp_path: Path, heard: int, clock: int, waiting: int, log: str, why: list[str]
) -> None:
    made = Pipe(tmp_path, "127.0.0.1:1", log=f'time = "{log}"', more='[metrics]\nready_lag = "300s"').made()
    part = made.telemetry.hop("journeys").partition("journey.events", 3)
    part.done, part.highwater, part.heard, part.clock = 5, 5 + waiting, heard * 1000, clock * 1000
    made.telemetry.hop("kpis").partition("journey.kpis", 0).done = 0  # its end is not known yet
    assert lagging(made, NOW) == why


async def test_what_holds_the_loop_is_seen_however_short_and_shown_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Pipe(tmp_path, "127.0.0.1:1").made()
    monkeypatch.setattr(LoopLag, "SHOWN", 0.5)
    lag = LoopLag(made)
    lag.start()
    await until(lambda: asyncio.sleep(0.1, True), "it looks on")
    time.sleep(0.2)  # noqa: ASYNC251 - it is what holds the loop
    await until(lambda: made.telemetry.loop_lag >= 0.1, "it was seen")
    await asyncio.sleep(0.3)  # later looks are in time, and it is not forgotten at once
    assert made.telemetry.loop_lag >= 0.1
    await until(lambda: made.telemetry.loop_lag < 0.1, "it is over")
    await lag.stop()
