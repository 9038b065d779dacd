"""The live pipe as a user runs it: a settings file, the command `journeywatch`, worker processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.embedded.child import Child, free_port
from agents.setup import Setup, setup
from agents.verify import Live, ledgers
from stream.infra import settings
from stream.infra.views import field
from stream.record import ALERTS, EVENTS, KPIS
from tests.support.recount import until
from tests.support.tools import ROOT

ALL = ("intake", "journeys", "kpis", "delivery")
COMMAND = (sys.executable, "-m", "agents.cli")
# The embedded broker has no settings of topics: only the worker has to know.
_EMBEDDED = (
    "import sys; from pathlib import Path; from agents.worker import run; from stream.infra.settings import load\n"
    "sys.exit(run(load(Path(sys.argv[1])), sys.argv[2].split(','), embedded=True))"
)
# Of a reading. Not its status: live panes are hours where a replay has minutes, so a fact matures there up to an
# hour earlier.
SAID = ("value", "n", "parts", "quantiles", "unit", "small_n")


def clean() -> dict[str, str]:
    """The environment without settings of this machine."""
    return {name: value for name, value in os.environ.items() if not name.startswith("JOURNEYWATCH_")}


class Pipe:
    """One pipe: its settings in `file`, its workers in `workers`. `more` = further settings, TOML."""

    def __init__(
        self, home: Path, bootstrap: str, *, redis: str = "", log: str = "", more: str = "", embedded: bool = False
    ) -> None:
        self.home, self.embedded = home, embedded
        self.file = home / "journeywatch.toml"
        self.workers: list[Child] = []
        self.write(bootstrap, redis, log, more)

    def write(self, bootstrap: str, redis: str = "", log: str = "", more: str = "") -> None:
        """Writes the settings file anew."""
        self.file.write_text(
            f'[kafka]\nbootstrap = "{bootstrap}"\nreplication = 1\nmin_insync = 1\n[redis]\nurl = "{redis}"\n'
            f'[log]\n{log}\n[logging]\nlevel = "warning"\nformat = "text"\n{more}\n'
        )

    def made(self) -> Setup:
        """What a worker would be made from."""
        return setup(settings.load(self.file, {}), embedded=self.embedded)

    def run(self, *argv: Any, seconds: float = 600.0) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        command = [*COMMAND, *map(str, argv), "--settings", str(self.file)]
        return subprocess.run(
            command, cwd=ROOT, env=clean(), capture_output=True, text=True, timeout=seconds, check=False
        )

    def well(self, *argv: Any) -> str:
        """What a command says that must end well."""
        done = self.run(*argv)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, roles: Sequence[str] = ALL, *, wait: bool = True) -> Child:
        """A worker; `wait`: until it is ready."""
        port, number = free_port(), len(self.workers)
        if self.embedded:
            command = [sys.executable, "-c", _EMBEDDED, str(self.file), ",".join(roles)]
        else:
            command = [*COMMAND, "worker", "--roles", ",".join(roles), "--settings", str(self.file)]
        child = Child(
            command,
            ready=lambda: not wait or health(port) == [],
            log=self.home / f"worker-{number}.log",
            seconds=150,
            environment=clean() | {"JOURNEYWATCH_METRICS__PORT": str(port), "PYTHONPATH": str(ROOT)},
        )
        child.port = port  # type: ignore[attr-defined]
        self.workers.append(child)
        return child

    async def until(self, true: Callable[[], Any], what: str, seconds: float = 150.0) -> None:
        """As `recount.until`, but fails at once with the last words of a worker that has ended."""

        def still() -> Any:
            for number, child in enumerate(self.workers):
                assert child.running, f"worker {number}: {self.said(number)[-2000:]}"
            return true()

        await until(still, what, seconds)

    def said(self, number: int = -1) -> str:
        """The log of a worker."""
        return (self.home / f"worker-{range(len(self.workers))[number]}.log").read_text()

    def stop(self) -> None:
        """Ends every worker as its supervisor would; each must go well."""
        for child in self.workers:
            if child.running:
                child.signal(signal.SIGTERM)
        for child in self.workers:
            child.close(60)

    def kill(self) -> None:
        for child in self.workers:
            child.kill()


def health(port: int) -> list[str] | None:
    """Why the worker is not ready, nothing = it is; None: it does not answer."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            found: list[str] = json.load(answer)["why"]
    except HTTPError as error:
        found = json.load(error)["why"]
    except (URLError, ConnectionError, TimeoutError):
        return None
    return found


def metrics(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
    return text


async def ends(made: Setup, topic: str, partitions: int) -> list[int]:
    """Where the partitions of a topic end."""
    consumer = AIOKafkaConsumer(**made.connection.client())
    await consumer.start()
    try:
        places = [TopicPartition(topic, p) for p in range(partitions)]
        found = await consumer.end_offsets(places)
        return [found[place] for place in places]
    finally:
        await consumer.stop()


async def quiet(made: Setup, least: int) -> bool:
    """`least` events or more are in the log, and every hop has worked off what the one before it said."""
    d = made.definitions
    for role, table, source, partitions in (
        ("journeys", "journeys", EVENTS, d.partitions),
        ("kpis", "panes", KPIS, d.kpi_partitions),
        ("delivery", "alerts", ALERTS, 1),
    ):
        wanted = await ends(made, source, partitions)
        if sum(wanted) < least:
            return False
        least = 0
        found = [ledger.meta.next if ledger.meta else 0 for ledger in await ledgers(made, role, table, partitions)]
        if found != wanted:
            return False
    return True


def agree(replayed: list[dict[str, Any]], live: Live) -> None:
    """Each reading over all and now, of which anything is known, is what the live panes say."""
    shown = {(r.kpi, field(r)): msgspec.to_builtins(r) for r in live.readings.values()}
    compared = 0
    for row in replayed:
        cut = ",".join(f"{name}={value}" for name, value in sorted(row["cut"].items()))
        if row["window"] in ("all", "now") and any(row["parts"].values()):
            reading = shown[row["kpi"], f"{row['window']}|{cut}"]
            assert [reading[name] for name in SAID] == [row[name] for name in SAID], row
            compared += 1
    assert compared > 100


def story(live: Live) -> list[dict[str, Any]]:
    """The history of alerts as journey.alerts has it, in the order of a replay's file."""
    return sorted(map(json.loads, live.said.values()), key=lambda row: (row["changed"], row["id"], row["version"]))
