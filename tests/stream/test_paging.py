"""Laws of paging, over random logs and restarts: nothing old wakes anybody, and nobody is woken twice by one thing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.claims import Severity
from stream.definitions import DAY, HOUR, MINUTE, Calendar, Definitions
from stream.delivering import DeliveryPartition
from stream.infra.courier import Courier
from stream.infra.telemetry import Telemetry
from stream.notices import Notice
from stream.policy import Policy, Team
from stream.record import Record
from stream.summaries import OWN
from tests.support.alerts import alert, heard, ticked, verdict
from tests.support.sinks import Now, Scripted

DEFINITIONS = Definitions(calendars={"default": Calendar()})
POLICY = Policy(
    budget=1, group_pages=3, surge=3, reviews=2, teams={"a": Team(quiet="all"), "b": Team(quiet="customers", budget=3)}
)
CUTS: list[dict[str, str]] = [{}, {"team": "a"}, {"team": "b", "topic": "x"}, {"topic": "x"}, {"team": "c"}]
SEEDS = st.integers(0, 2**32)


def log(seed: int) -> list[Record]:
    """Changes of a few alerts as journeys says them, some said again, with verdicts and ticks between them."""
    rng, clock, rows = Random(seed), DAY, list[Record]()
    at: dict[str, tuple[int, int, bool]] = {}
    backfill: dict[tuple[str, int], bool] = {}  # an episode is found in a backfill or is not, for good
    for _ in range(rng.randint(5, 60)):
        clock += rng.choice([0, 1, MINUTE, 10 * MINUTE, HOUR, 9 * HOUR])
        id = rng.choice("abcdefgh")
        episode, version, is_open = at.get(id, (0, 0, False))
        episode += not is_open
        is_open = not is_open or rng.random() < 0.5
        at[id] = (episode, version + 1, is_open)
        one = alert(
            id, episode, version + 1, "open" if is_open else "resolved",
            severity=rng.choice(["queue", "page", "page"]), signal=rng.choice("st"), subject=f"customer-{id}",
            cut=rng.choice(CUTS), backfill=backfill.setdefault((id, episode), rng.random() < 0.2),
            opened=clock - rng.choice([0, 0, 0, HOUR]), changed=clock,
        )  # fmt: skip
        rows += heard([one], [clock])
        rows += rng.choice([[], [], [verdict(id, clock)], [ticked(clock + 1)], heard([one], [clock + 1])])
    return [msgspec.structs.replace(row, offset=i) for i, row in enumerate(rows)]


class Pipe:
    """Delivery with one sink; `told` = (wall clock ms, notice), over all restarts."""

    def __init__(self, seed: int, *, crashes: float = 0.0, lag: int = 0) -> None:
        self.told: list[tuple[int, Notice]] = []
        self._rng = Random(seed)
        self._crashes = crashes
        self._lag = lag
        self._now = Now()
        self._start(DeliveryPartition(DEFINITIONS, "r", 0, {}, None, POLICY))

    def _start(self, fold: DeliveryPartition) -> None:
        self.fold, self.sink = fold, Scripted()
        self.courier = Courier(fold, [self.sink], Telemetry(), clock=self._now, chance=lambda: 0.5)
        [self._mailbox] = self.courier.mailboxes
        self._mailbox.look_at_all()

    def run(self, records: list[Record]) -> None:
        asyncio.run(self._run(records))

    async def _run(self, records: list[Record]) -> None:
        for record in records:
            for append in self.fold.feed([record]):
                self._now.seconds = (append.meta.clock + self._lag) / 1000  # a ms is lost to the float at times
                self._mailbox.add(key.decode() for key, _ in append.puts)
            for _ in range(self._rng.randint(0, 3)):
                await self._tell()
            if self._rng.random() < self._crashes:  # what was sent and not yet marked is forgotten
                self._start(DeliveryPartition(DEFINITIONS, "r", 0, dict(self.fold.rows), self.fold.meta, POLICY))
        for _ in range(100):
            await self._tell()

    async def _tell(self) -> None:
        self.sink.told.clear()
        while (append := self.courier.announcements.append()) is not None:
            self.courier.announcements.heard(append)
            self._mailbox.add(key.decode() for key, _ in append.puts)
        await self._mailbox.step()
        self.told += [(int(self._now.seconds * 1000), notice) for notice in self.sink.told]
        if self._rng.random() < 0.5:
            self.courier.marks()

    def pages(self) -> Iterator[tuple[int, Notice]]:
        """What woke somebody: opened as a page, or rose to one."""
        for now, notice in self.told:
            woken = notice.kind == "open" or notice.held_as is not Severity.page
            if notice.kind != "resolve" and notice.severity is Severity.page and woken:
                yield now, notice


@given(SEEDS)
@settings(deadline=None, max_examples=150)
def test_each_version_is_told_once_and_in_order(seed: int) -> None:
    pipe = Pipe(seed)
    pipe.run(log(seed))
    last: dict[str, tuple[int, int]] = {}
    for _, notice in pipe.told:
        place = (notice.alert.episode, notice.alert.version)
        assert place > last.get(notice.alert.id, (0, 0))
        last[notice.alert.id] = place


@given(SEEDS, st.sampled_from([0.0, 0.2]))
@settings(deadline=None, max_examples=150)
def test_nothing_old_pages_and_nothing_found_in_a_backfill(seed: int, crashes: float) -> None:
    """By the log's clock; of an alert's first version, since a later one may be when it became a page."""
    pipe = Pipe(seed, crashes=crashes)
    pipe.run(log(seed))
    for _, notice in pipe.pages():
        assert not notice.alert.backfill
        assert notice.alert.version > 1 or notice.alert.changed - notice.alert.opened < DEFINITIONS.old_news


@given(SEEDS, st.sampled_from([0.0, 0.2]))
@settings(deadline=None, max_examples=50)
def test_what_is_old_by_the_wall_pages_nobody(seed: int, crashes: float) -> None:
    """A replay, a long stop: delivery decides as it did then, and what comes of it is told without waking anybody."""
    pipe = Pipe(seed, crashes=crashes, lag=DEFINITIONS.old_news + 1)
    pipe.run(log(seed))
    assert list(pipe.pages()) == []


@given(SEEDS)
@settings(deadline=None, max_examples=100)
def test_after_a_crash_everybody_knows_the_newest_version_of_what_is_open(seed: int) -> None:
    pipe = Pipe(seed, crashes=0.2)
    pipe.run(log(seed))
    last = {notice.alert.id: (notice.alert.episode, notice.alert.version) for _, notice in pipe.told}
    for id in pipe.fold.open():
        held = pipe.fold.held(id)
        assert held is not None
        assert last[id] == (held.head.episode, held.head.version)


@given(SEEDS)
@settings(deadline=None, max_examples=100)
def test_no_team_is_paged_beyond_its_budget(seed: int) -> None:
    """By the hour of the log; beside it only what delivery says itself."""
    fold = DeliveryPartition(DEFINITIONS, "r", 0, {}, None, POLICY)
    spent: dict[tuple[str, int], int] = {}
    for record in log(seed):
        before = dict(fold.rows)
        for append in fold.feed([record]):
            for key, _ in append.puts:
                held = fold.held(key.decode())
                if held is None or held.head.signal in OWN or not held.head.is_open:
                    continue
                was = DeliveryPartition(DEFINITIONS, "r", 0, before, None, POLICY).held(held.head.id)
                rose = was is None or not was.head.is_open or was.head.severity != "page"
                if held.head.severity == "page" and held.routing is None and rose:
                    spot = (held.head.cut.get("team", POLICY.team), append.meta.clock // HOUR)
                    spent[spot] = spent.get(spot, 0) + 1
    assert all(n <= POLICY.budget_of(team) for (team, _), n in spent.items())
