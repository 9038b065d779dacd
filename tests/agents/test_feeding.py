"""A log on Kafka is worth as much as its file, to a backtest and to the limits made of it.

Covers agents/feeding.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.cli import main
from agents.embedded.broker import EmbeddedBroker
from tests.agents.commands.test_backtest import log, story
from tests.agents.commands.test_tune import handed


def test_a_topic_is_as_good_as_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = [((1, 2, 30, 40), 10), ((1, 2), 10), ((30, 40), 10), ((1,), 30)]
    many = [hours for hours, count in moved for _ in range(count)]
    tickets = [one for i, hours in enumerate(many) for one in story(i, *hours)]
    path = log(tmp_path / "log.ndjson", *tickets, *(one for i in range(40) for one in handed(100 + i, i + 1)))
    rule = ("--signal", "ping_pong", "--outcome", "further_transfers", "--sweep", "teams=2..4")
    with EmbeddedBroker() as broker:
        monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", broker.bootstrap)
        broker.create_topic("raw.cloudevents", 1)
        assert main(["send", str(path)]) == 0
        for name, of in (("file", str(path)), ("topic", "topic:raw.cloudevents")):
            assert main(["backtest", of, *rule, "--out", str(tmp_path / name)]) == 0
            assert main(["tune", of, "--write", str(tmp_path / name / "d.toml")]) == 0
    for result in ("backtest.json", "backtest.svg", "d.toml"):
        assert (tmp_path / "file" / result).read_bytes() == (tmp_path / "topic" / result).read_bytes()
