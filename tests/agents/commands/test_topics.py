"""`journeywatch topics`: says what is missing, makes it, and then finds nothing more to mend."""

from __future__ import annotations

import asyncio

import pytest

from agents.cli import main
from agents.engine.connection import Connection
from agents.engine.producer import Producer
from stream.definitions import Definitions
from stream.intake import KEPT, dead
from stream.record import Reason, Record, Reject
from tests.support.kafka import Kafka


def test_topics_are_named_made_and_then_right(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On one broker: one replica. A run of its own, so that only its changelogs are new."""
    for name, value in (("KAFKA__BOOTSTRAP", kafka.bootstrap), ("KAFKA__REPLICATION", "1"), ("KAFKA__MIN_INSYNC", "1")):
        monkeypatch.setenv(f"JOURNEYWATCH_{name}", value)
    monkeypatch.setenv("JOURNEYWATCH_LOG__RUN", "417")
    assert main(["topics"]) == 1
    assert "topic journeywatch-kpis-417-panes-changelog is missing" in capsys.readouterr().out
    assert main(["topics", "--create"]) == 0
    out = capsys.readouterr().out
    assert "made journeywatch-kpis-417-panes-changelog" in out
    assert main(["topics", "--create"]) == 0
    out = capsys.readouterr().out
    assert "made" not in out and out.endswith("the topics are as they should be\n")


def test_what_the_broker_refuses_is_said(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default of three copies on a single broker: one line, no trace."""
    monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", kafka.bootstrap)
    monkeypatch.setenv("JOURNEYWATCH_LOG__RUN", "418")
    assert main(["topics", "--create"]) == 76
    said = capsys.readouterr().err
    assert said.startswith("journeywatch: stopped (76): topic ")
    assert "journeywatch-kpis-418-panes-changelog was not made: " in said
    assert said.endswith("(on a single broker kafka.replication and kafka.min_insync are 1)\n")
    assert said.count("\n") == 1


async def test_the_largest_dead_letter_fits_its_topic(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    """What intake may write must never be refused: it would stop the worker, and again after a restart."""

    for name, value in (("KAFKA__BOOTSTRAP", kafka.bootstrap), ("KAFKA__REPLICATION", "1"), ("KAFKA__MIN_INSYNC", "1")):
        monkeypatch.setenv(f"JOURNEYWATCH_{name}", value)
    await asyncio.to_thread(main, ["topics", "--create"])
    record = Record("raw.x", 0, 0, 0, None, bytes(range(256)) * (KEPT // 256))
    letter = dead(record, "raw.x", 0, Reject(Reason.OVER_LIMIT, "x" * 400), Definitions().partitions)
    producer = Producer(Connection(bootstrap=kafka.bootstrap))
    await producer.start()
    try:
        await producer.publish([letter])
    finally:
        await producer.stop()
