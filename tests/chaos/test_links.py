"""A network that loses what goes one way: one of two workers is cut off, and what it had sent arrives late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import URLError

import pytest

from agents.embedded.child import free_port
from tests.chaos.load import Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_brokers import MENDS
from tests.chaos.test_kills import EVERYTHING, SEED
from tests.support.kafka import Kafka
from tests.support.link import Link, Way
from tests.support.live import metrics

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]


@pytest.fixture
def cut(rig: Callable[..., Rig], tmp_path: Path) -> Iterator[tuple[Rig, Link]]:
    """A pipe, and the link to its broker for who is told to take it."""
    port = free_port()
    with closing(Link(port)) as link, Kafka(tmp_path / "cluster", front=(port, link.port)) as kafka:
        yield rig(kafka=kafka), link


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_link_that_is_cut_one_way(cut: tuple[Rig, Link], way: Way) -> None:
    """Requests do not arrive, or answers: the other worker takes everything over, then the link is mended."""
    under, link = cut
    crew = under.crew
    crew.environment = {"JOURNEYWATCH_KAFKA__BOOTSTRAP": f"127.0.0.1:{link.port}"}
    far = crew.start(EVERYTHING)
    crew.environment = {}
    (near,) = crew.ready(EVERYTHING)
    crew.until(lambda: far.ready, "the far one runs")
    sending = Load(under.kafka.bootstrap, events(1_500, SEED), 100).start()
    for _ in range(2):
        crew.until(lambda: 0 < journeys(near.port) < 3, "both have a share")
        link.cut(way)
        crew.until(lambda: journeys(near.port) == 3, "the near one has everything")
        crew.run(2)
        link.mend()
    sending.stop()
    under.settle(sending)
    assert link.held
    assert set(crew.codes) <= MENDS


def journeys(port: int) -> int:
    """Partitions of journey.events that a worker owns; 0 while it does not answer."""
    try:
        lines = metrics(port).splitlines()
    except (URLError, ConnectionError, TimeoutError):
        return 0
    name = 'journey_assigned_partitions{role="journeys",'
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if line.startswith(name))
