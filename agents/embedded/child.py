"""A server process of our own: started, waited for by a condition, stopped by its own process id."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildError(RuntimeError):
    """A server process ended early or was not ready in time; the message ends with its last words."""


def free_port() -> int:
    """A TCP port on 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Does something accept connections on this port of 127.0.0.1?"""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def deferred() -> Iterator[None]:
    """Signals that we handle wait until its end: an exception that is raised while a process is being started would
    leave it running, known to nobody.
    """
    heard: list[int] = []
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():  # elsewhere none is handled
        before = {number: handler for number in SIGNALS if callable(handler := signal.getsignal(number))}
    try:
        for number in before:
            signal.signal(number, lambda number, _: heard.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in heard:
        signal.raise_signal(number)


class Child:
    """Runs `command` until `close`, in `environment` or our own. Its output goes to the file `log`.

    Returns from the constructor once `ready()` is true. Raises ChildError if the process ends first,
    or is not ready within `seconds`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        ready: Callable[[], bool],
        log: Path,
        seconds: float = 30.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name = Path(command[0]).name
        self._log = log
        try:
            with log.open("ab") as output, deferred():
                # A group of its own: a Ctrl-C at the terminal is for us, who then end it in order.
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, process_group=0
                )
            self.wait(ready, seconds)
        except BaseException:
            if hasattr(self, "_process"):  # else it could not even be started
                self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code of a process that ended; None while it runs."""
        return self._process.poll()

    def wait(self, ready: Callable[[], bool], seconds: float) -> None:
        """Returns once `ready()` is true. Raises ChildError if the process ends first or time is up."""
        deadline = time.monotonic() + seconds
        while True:
            if not self.running:
                raise ChildError(f"{self._name} ended with code {self._process.returncode}: {self._last_words()}")
            if ready():
                return
            if time.monotonic() > deadline:
                raise ChildError(f"{self._name} is not ready in time: {self._last_words()}")
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal (SIGSTOP, SIGCONT, ...) to the process."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Ends the process without a chance to tidy up (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def close(self, seconds: float = 20.0) -> None:
        """Ends the process: SIGTERM, and SIGKILL if that does not do it within `seconds`. May be repeated."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:].strip() or "(no output)"
