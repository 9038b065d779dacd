"""A real Prometheus with the project's own configuration, and what it answers."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen

import yaml  # type: ignore[import-untyped]

from agents.embedded.child import Child, free_port
from dashboards.expand import api
from tests.support.tools import ROOT

CONFIG = ROOT / "deploy" / "prometheus"


class Prometheus:
    """Runs `executable` with deploy/prometheus as it stands, but for what belongs to a machine: the addresses of
    workers and Alertmanager, the token's file, and the pace. Close it, or use `with`.
    """

    def __init__(
        self, executable: Path, directory: Path, targets: Sequence[str], token: Path, *, alertmanager: str = ""
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.get = api(self.url)
        command = [
            str(executable),
            f"--config.file={configured(directory, targets, token, alertmanager)}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--log.level=warn",
        ]
        self.process = Child(command, ready=self._ready, log=directory / "log.txt")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector of an expression, now. Raises Refused."""
        data = self.get("query", query=expression)
        found: list[dict[str, Any]] = data["result"] if data["resultType"] == "vector" else [data]
        return found

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


def configured(directory: Path, targets: Sequence[str], token: Path, alertmanager: str = "") -> Path:
    """A copy of deploy/prometheus in `directory` for these addresses; returns its prometheus.yml."""
    home = directory / "prometheus"
    shutil.copytree(CONFIG, home)
    config = yaml.safe_load((home / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "2s", "evaluation_interval": "2s", "scrape_timeout": "2s"}
    [job] = config["scrape_configs"]
    job["scrape_timeout"] = "2s"
    job["authorization"]["credentials_file"] = str(token)
    [group] = config["alerting"]["alertmanagers"][0]["static_configs"]
    group["targets"] = [alertmanager.removeprefix("http://")] if alertmanager else []
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    (home / "targets" / "workers.yml").write_text(yaml.safe_dump([{"targets": list(targets)}]))
    return home / "prometheus.yml"


def labels(rows: Sequence[Mapping[str, Any]], name: str) -> set[str]:
    """The values of one label in an instant vector."""
    return {row["metric"].get(name, "") for row in rows}
