"""A real Alertmanager on a free port."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from agents.embedded.child import Child, free_port

CONFIG = "route: {receiver: nobody, group_wait: 0s}\nreceivers: [{name: nobody}]\n"


class Alertmanager:
    """Runs `executable` with `config` (YAML) under `directory`; `url` is its address. Close it, or use `with`."""

    def __init__(self, executable: Path, directory: Path, config: str = CONFIG, *, port: int = 0) -> None:
        file = directory / "alertmanager.yml"
        file.write_text(config)
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [
            str(executable),
            f"--config.file={file}",
            f"--storage.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",  # empty: alone, and no second port
            "--log.level=warn",
        ]
        self.process = Child(command, ready=self._ready, log=directory / "log.txt")

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError):
            return False

    def close(self) -> None:
        self.process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
