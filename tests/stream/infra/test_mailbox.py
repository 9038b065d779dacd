"""A mailbox: each sink gets the newest of everything, in its own time, whatever it does."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.claims import Alert, Severity
from stream.definitions import DAY, Definitions
from stream.delivering import DeliveryPartition
from stream.infra.mailbox import Alerts, Mailbox, Pace
from stream.infra.sinks import DELIVERED, Outcome
from stream.infra.telemetry import SinkTelemetry
from stream.notices import Held, Mark, route
from tests.support.alerts import alert, heard
from tests.support.sinks import Now, Scripted

RETRY = Outcome("retry", "503 busy")
REJECTED = Outcome("rejected", "400 no such label")


class World:
    """A fold, a sink and its mailbox, under one clock."""

    def __init__(self, pace: Pace | None = None, chance: Callable[[], float] = lambda: 0.5, repeat: int = 0) -> None:
        self.now = Now()
        self.fold = DeliveryPartition(Definitions(), "r", 0, {})
        self.sink = Scripted(repeat=repeat, least=Severity.queue)
        self.telemetry = SinkTelemetry()
        alerts = Alerts(self.fold.held, self.fold.ids, self.fold.open, self._route)
        self.mailbox = Mailbox(
            self.sink, self.sink, Severity.queue, alerts, self.telemetry, self.now, chance, pace or Pace()
        )

    def _route(self, held: Held) -> tuple[Severity, str]:
        return route(held, int(self.now() * 1000), self.fold.definitions.old_news)

    def hear(self, *alerts: Alert) -> None:
        for append in self.fold.feed(heard(alerts, offset=self.fold.meta.next)):
            self.mailbox.add(key.decode() for key, _ in append.puts)

    async def settle(self) -> float:
        """Steps until there is nothing to do at once; returns the pause that it asks for."""
        for _ in range(1000):
            if pause := await self.mailbox.step():
                return pause
        raise AssertionError("it never comes to rest")

    def version(self, id: str) -> int:
        held = self.fold.held(id)
        assert held is not None
        return held.alert.version

    @property
    def keys(self) -> list[str]:
        return [f"{told.kind} {told.key}" for told in self.sink.told]


async def test_each_change_is_told_once() -> None:
    world = World()
    world.hear(alert())
    await world.settle()
    world.hear(alert(version=2))
    world.hear(alert(version=1))
    await world.settle()
    world.hear(alert(version=3, status="resolved"))
    await world.settle()
    assert world.keys == ["open a1/1/1", "update a1/1/2", "resolve a1/1/3"]
    assert world.telemetry.outcomes == {"delivered": 3}


async def test_marks_take_over_where_the_mailbox_forgets() -> None:
    world = World()
    world.hear(alert("a"), alert("b"))
    await world.settle()
    assert [sent.id for sent in world.mailbox.sent(1)] == ["a"]
    append = world.fold.sent(world.mailbox.sent(9))
    assert append is not None
    world.mailbox.add(["b"])
    await world.settle()
    assert len(world.keys) == 2
    assert world.fold.held("b") is not None


async def test_a_dead_sink_is_tried_less_and_less() -> None:
    """1, 2, 4 ... seconds, at most the longest; jitter 0.5 makes each exact."""
    world = World(Pace(longest=10.0))
    world.sink.script = [RETRY] * 6
    world.hear(alert())
    pauses = []
    for _ in range(6):
        pauses.append(await world.settle())
        assert await world.mailbox.step() == pauses[-1], "no attempt before its time"
        world.now.seconds += pauses[-1]
    assert pauses == [1, 2, 4, 8, 10, 10]
    assert (world.telemetry.up, world.telemetry.error, world.telemetry.backlog) == (False, "503 busy", 1)
    await world.settle()
    assert world.keys == ["open a1/1/1"]
    assert (world.telemetry.up, world.telemetry.error, world.telemetry.backlog) == (True, "", 0)
    world.sink.script = [RETRY]
    world.hear(alert(version=2))
    assert await world.settle() == 1, "after a success it starts again from the first pause"


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.5), (0.999, 1.499)])
async def test_chance_spreads_the_attempts(chance: float, pause: float) -> None:
    world = World(chance=lambda: chance)
    world.sink.script = [RETRY]
    world.hear(alert())
    assert await world.settle() == pytest.approx(pause)


@pytest.mark.parametrize(("asked", "pause"), [(30.0, 30.0), (0.1, 1.0), (1e9, 3600.0)])
async def test_retry_after_is_honoured(asked: float, pause: float) -> None:
    world = World()
    world.sink.script = [Outcome("retry", "429", asked)]
    world.hear(alert())
    assert await world.settle() == pause


async def test_an_exception_is_a_failed_attempt() -> None:
    world = World()
    world.sink.script = [RuntimeError("no route")]
    world.hear(alert())
    assert await world.settle() == 1
    assert world.telemetry.error == "RuntimeError: no route"


async def test_what_was_overtaken_in_an_outage_is_left_out() -> None:
    world = World()
    world.sink.script = [RETRY]
    world.hear(alert("a"), alert("b"), alert("c"))
    await world.settle()
    world.hear(alert("a", version=2), alert("b", version=2, status="resolved"))
    world.now.seconds += 1
    await world.settle()
    assert world.keys == ["open a/1/2", "open c/1/1"]


async def test_rejected_is_not_tried_again_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.sink.script = [[DELIVERED, REJECTED], REJECTED]
    world.hear(alert("good"), alert("bad"))
    await world.settle()
    world.mailbox.add(["bad"])
    await world.settle()
    assert world.sink.attempts == 1
    world.hear(alert("bad", version=2))
    await world.settle()
    assert world.sink.attempts == 2, "a newer version is another attempt"
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "sink scripted rejected alert bad (repeat_contact): 400 no such label"
    ]
    assert world.telemetry.outcomes == {"delivered": 1, "rejected": 2}
    assert world.telemetry.up
    world.hear(alert("bad", version=3, status="resolved"))
    await world.settle()
    assert world.keys == ["open good/1/1"], "it never had it, so there is nothing to resolve"


async def test_a_rejected_update_leaves_the_old_one_to_be_resolved() -> None:
    world = World()
    world.hear(alert())
    await world.settle()
    world.sink.script = [REJECTED]
    world.hear(alert(version=2))
    await world.settle()
    world.hear(alert(version=3, status="resolved"))
    await world.settle()
    assert world.keys == ["open a1/1/1", "resolve a1/1/3"]


async def test_a_backlog_beyond_its_bound_is_found_again() -> None:
    world = World(Pace(backlog=3, batch=2, look=4))
    world.sink.script = [RETRY]
    world.hear(*(alert(f"a{i}") for i in range(20)))
    await world.settle()
    assert world.telemetry.backlog <= 3
    world.now.seconds += 1
    await world.settle()
    assert sorted(told.alert.id for told in world.sink.told) == sorted(f"a{i}" for i in range(20))
    assert len(world.sink.told) == 20


async def test_what_is_open_is_said_again() -> None:
    world = World(repeat=60)
    world.hear(alert("open"), alert("info", severity="info"), alert("over"))
    await world.settle()
    world.hear(alert("over", version=2, status="resolved"))
    assert await world.settle() == 60
    world.now.seconds += 60
    assert await world.settle() == 60
    assert [[told.alert.id for told in again] for again in world.sink.again] == [["open"]]


async def test_it_is_said_again_under_the_severity_that_was_told() -> None:
    """A page stays a page however old it grows, and what was queued stays queued."""
    world = World(repeat=60)
    world.hear(alert("news", severity="page"))
    await world.settle()
    world.now.seconds += DAY // 1000
    world.hear(alert("old", severity="page"))
    await world.settle()
    world.now.seconds += 60
    await world.settle()
    assert {told.alert.id: told.severity.name for told in world.sink.again[-1]} == {"news": "page", "old": "queue"}


async def test_one_that_was_away_is_told_at_once_what_is_open() -> None:
    world = World(repeat=60)
    world.hear(alert("a"))
    await world.settle()
    world.sink.script = [RETRY]
    world.hear(alert("b"))
    world.now.seconds += await world.settle()
    await world.settle()
    assert [[told.alert.id for told in again] for again in world.sink.again] == [["a", "b"]]


async def test_a_failed_repeat_is_a_failure() -> None:
    world = World(repeat=60)
    world.hear(alert())
    await world.settle()
    world.now.seconds += 60
    world.sink.script = [ConnectionError("refused")]
    assert await world.settle() == 1
    assert not world.telemetry.up
    world.now.seconds += 1
    assert await world.settle() == 60
    assert world.telemetry.up
    assert len(world.sink.again) == 1


outcomes = st.sampled_from([DELIVERED, DELIVERED, RETRY, RuntimeError("x")])
acts = st.one_of(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["open", "open", "resolved"]), st.sampled_from(["queue", "page"])
    ),
    st.just("step"),
    st.just("mark"),
)


@given(st.lists(acts, max_size=30), st.lists(outcomes, max_size=15), st.integers(1, 4))
async def test_however_it_fails_it_ends_knowing_the_newest(
    script: list[tuple[str, str, str] | str], answers: list[Outcome | Exception], backlog: int
) -> None:
    """After any history of changes and failures, the sink holds open exactly what is open, at its newest version."""
    world = World(Pace(backlog=backlog, batch=2, look=2))
    world.sink.script = list(answers)
    versions: dict[str, int] = {}
    for act in script:
        if isinstance(act, tuple):
            id, status, severity = act
            versions[id] = versions.get(id, 0) + 1
            world.hear(alert(id, versions[id], versions[id], status, severity=severity))
        elif act == "step":
            world.now.seconds += await world.mailbox.step()
        else:
            world.fold.sent(world.mailbox.sent(1))
    world.sink.script = []
    world.now.seconds += 3600
    await world.settle()
    assert _holds(world.sink) == {id: world.version(id) for id in world.fold.open()}
    assert world.telemetry.backlog == 0


def _holds(sink: Scripted) -> dict[str, int]:
    """What the sink has open; every notice must fit what it had before, and tell more than the last."""
    has: dict[str, tuple[int, Severity]] = {}
    last: dict[str, int] = {}
    for told in sink.told:
        id, had = told.alert.id, has.pop(told.alert.id, None)
        assert told.held_as == (had[1] if had else None)
        assert told.alert.version > last.get(id, 0)
        last[id] = told.alert.version
        if told.kind != "resolve":
            has[id] = (told.alert.version, told.severity)
    return {id: version for id, (version, _) in has.items()}


def test_marks_are_what_the_notice_says() -> None:
    world = World()
    assert world.mailbox.sent(5) == []
    world.mailbox.marks["a"] = Mark(1, 1, 2)
    assert [sent.sink for sent in world.mailbox.sent(5)] == ["scripted"]
