"""A real log through the live pipe, as a user would send it: it comes to what `replay` makes of the file."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.embedded.redis import EmbeddedRedis
from agents.verify import verify
from tests.support.live import Pipe, agree, quiet, story
from tests.support.replaying import rows
from tests.support.tools import ROOT

LOG = "bpi_challenge_2013_incidents.xes.gz"
XES = ("--source", "xes", "--mapping", ROOT / "examples" / "bpi_challenge_2013.toml")


@pytest.fixture
def pipe(kafka_cluster, redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[Pipe]:
    pipe = Pipe(
        tmp_path, kafka_cluster(size=1).bootstrap, redis=redis_server.url,
        log='time = "record"\npartitions = 1', more='[intake]\nsources = ["xes"]',
    )  # fmt: skip
    yield pipe
    pipe.kill()


def first(path: Path, traces: int, into: Path) -> Path:
    """The first traces of a log."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        text = file.read()
    pieces = text.split("</trace>")
    into.write_text("</trace>".join(pieces[:traces]) + "</trace>\n</log>\n")
    return into


async def test_the_first_300_cases(pipe: Pipe, shared_data: Path, tmp_path: Path) -> None:
    await live_is_replay(pipe, first(shared_data / LOG, 300, tmp_path / "first.xes"), tmp_path)
    pipe.well("replay", "topic:journey.events", "--out", tmp_path / "topic")
    assert rows(tmp_path / "topic", "alerts.ndjson") == rows(tmp_path / "file", "alerts.ndjson")


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_the_whole_log(pipe: Pipe, shared_data: Path, tmp_path: Path) -> None:
    replayed = await live_is_replay(pipe, shared_data / LOG, tmp_path)
    known = {row["kpi"]: row for row in replayed if not row["cut"] and row["window"] in ("all", "now")}
    assert known["ticket_volume"]["n"] == 7_554
    assert known["backlog"]["n"] == 8
    assert known["reopen_rate"]["parts"] == {"num": 514, "den": 7_546}


async def live_is_replay(pipe: Pipe, log: Path, home: Path) -> list[dict[str, Any]]:
    """Sends the log through the pipe, holds what comes out against replays; returns the file's readings."""
    pipe.well("topics", "--create")
    pipe.start()
    said = pipe.run("send", log, *XES, "--end")
    assert said.returncode == 0, said.stderr
    sent = int(re.findall(r"([\d,]+) records on raw.xes", said.stderr)[0].replace(",", ""))
    made = pipe.made()
    await pipe.until(lambda: quiet(made, sent + 1), "everything is folded", seconds=600)
    differences, live = await verify(made)
    assert differences == []
    pipe.well("replay", log, *XES, "--out", home / "file")
    assert rows(home / "file", "alerts.ndjson") == story(live)
    assert {row["id"] for row in rows(home / "file", "alerts.json") if row["status"] == "open"} == set(live.open)
    replayed = rows(home / "file", "readings.json")
    agree(replayed, live)
    return replayed
