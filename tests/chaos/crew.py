"""Worker processes of one pipe, and the supervisor that starts each again when it has ended."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from agents.embedded.child import Child, free_port
from tests.support.live import ALL, Pipe, clean, health
from tests.support.tools import ROOT


class Worker:
    """One process: its roles, and how to start it again. `points` = where it dies, one for each of its lives."""

    def __init__(
        self, pipe: Pipe, number: int, roles: Sequence[str], points: Iterator[str], clock: float, more: dict[str, str]
    ) -> None:
        self._more = more
        self.roles, self.log = tuple(roles), pipe.home / f"worker-{number}.log"
        self._command = [sys.executable, "-m", "tests.chaos.worker", str(pipe.file), ",".join(roles)]
        self.points, self._clock = points, clock
        self.point = ""
        self.start()

    def start(self) -> None:
        self.port, self.point = free_port(), next(self.points, "")
        environment = clean() | {
            "JOURNEYWATCH_METRICS__PORT": str(self.port), "PYTHONPATH": str(ROOT),
            "CHAOS_POINT": self.point, "CHAOS_CLOCK": str(self._clock), **self._more,
        }  # fmt: skip
        self.child = Child(self._command, ready=lambda: True, log=self.log, environment=environment)

    @property
    def ready(self) -> bool:
        return self.child.running and health(self.port) == []

    def freeze(self) -> None:
        self.child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.child.signal(signal.SIGCONT)

    @property
    def last(self) -> str:
        """Its last line."""
        lines = self.log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else ""


class Crew:
    """All workers. `codes` = how those ended that nobody killed; `deaths` = how many died at their point."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self.workers: list[Worker] = []
        self.codes: list[int] = []
        self.kills = 0
        self.deaths: list[str] = []
        self.environment: dict[str, str] = {}
        self._count = 0

    def start(self, roles: Sequence[str] = ALL, *, points: Sequence[str] = (), clock: float = 0.0) -> Worker:
        worker = Worker(self.pipe, self._count, roles, iter(points), clock, self.environment)
        self._count += 1
        self.workers.append(worker)
        return worker

    def ready(self, *roles: Sequence[str], seconds: float = 300.0) -> list[Worker]:
        """Starts a worker for each of these sets of roles, and waits until they run."""
        found = [self.start(each) for each in roles]
        self.until(lambda: all(worker.ready for worker in found), "the workers run", seconds)
        return found

    def supervise(self) -> None:
        """Starts again what has ended."""
        for worker in self.workers:
            code = worker.child.code
            if code is None:
                continue
            if code == -signal.SIGKILL:
                self.deaths.append(worker.point)
            else:
                self.codes.append(code)
            worker.start()

    def kill(self, worker: Worker, points: Sequence[str] = ()) -> None:
        """kill -9; started again at once, to die at these points in its next lives."""
        worker.child.kill()
        self.kills += 1
        worker.points = iter(points)
        worker.start()

    def leave(self, worker: Worker) -> None:
        """As its supervisor would end it; it must go well."""
        self.workers.remove(worker)
        worker.child.close(60)
        assert worker.child.code == 0, worker.log.read_text(errors="replace")[-2000:]

    def until(
        self,
        true: Callable[[], Any],
        what: str,
        seconds: float = 120.0,
        why: Callable[[], Any] = lambda: "",
        *,
        supervised: bool = True,
    ) -> None:
        """Waits until `true()`, starting workers again meanwhile; fails naming `what`, and `why()` it is not so."""
        deadline = time.monotonic() + seconds
        while True:
            began = time.monotonic()
            if true():
                return
            if supervised:
                self.supervise()
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}; {why()} {self._said()}"
            time.sleep(0.1 + 3 * min(time.monotonic() - began, 2.0))  # a question must not keep the answer from coming

    def run(self, seconds: float) -> None:
        """Lets the fire burn: this is how long a fault lasts, nothing is waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.supervise()
            time.sleep(0.05)

    def close(self) -> None:
        for worker in self.workers:
            worker.child.kill()

    def _said(self) -> str:
        return f"codes {self.codes}; " + " | ".join(f"{w.log.name}: {w.last[-300:]}" for w in self.workers)
