"""A broker whose disk is full: it gives up, is given room, and is started again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.load import Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_brokers import MENDS
from tests.chaos.test_kills import EVERYTHING, SEED


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, 192 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not permitted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_the_disk_of_the_broker_is_full(rig: Callable[..., Rig], kafka_cluster: Any, disk: Path) -> None:
    """Changelogs, the log and the groups' offsets are all on it: nothing can be written."""
    kafka = kafka_cluster(size=1, settings={"log.dirs": str(disk / "data")})
    under = rig(kafka=kafka)
    crew, node = under.crew, kafka.nodes[0]
    crew.ready(EVERYTHING, EVERYTHING)
    sending = Load(kafka.bootstrap, events(1_000, SEED), 100).start()
    for _ in range(2):
        crew.run(5)
        ballast = fill(disk)
        crew.until(lambda: not node.process.running, "the broker gives up")
        crew.run(5)
        ballast.unlink()
        node.start()
        node.wait()
    sending.stop()
    under.settle(sending)
    assert set(crew.codes) <= MENDS


def fill(disk: Path) -> Path:
    """A file that takes all the room there is, be it taken by others meanwhile."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):  # no space left
                while True:
                    file.write(bytes(size))
    return ballast
