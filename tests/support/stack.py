"""The pipe as it runs, in processes of its own: embedded broker, Redis, one worker of all roles, traffic.

`python -m tests.support.stack SECONDS` runs it under a real Prometheus for so long, and then draws the dashboards
into docs/ (`python -m dashboards.draw`).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from msgspec import Struct

from agents.commands.topics import of
from agents.embedded.broker import separate_broker
from agents.embedded.child import Child, free_port
from agents.embedded.redis import EmbeddedRedis
from stream.infra import settings
from tests.support import tools
from tests.support.prometheus import Prometheus

TOKEN = "a-token-for-tests"
WORKER = (
    "import sys; from pathlib import Path; from agents.worker import run; from stream.infra.settings import load\n"
    "sys.exit(run(load(Path(sys.argv[1]), {}), ('intake', 'journeys', 'kpis', 'delivery'), embedded=True))"
)


class Stack(Struct, frozen=True):
    """What runs. `target` = host:port of /metrics, which asks for the token in the file `token`."""

    target: str
    token: Path
    worker: Child


@contextmanager
def stack(directory: Path, *, customers: int = 300, more: str = "") -> Iterator[Stack]:
    """Everything ready and fed; all of it ended afterwards. `more` = further settings, TOML."""
    file, token, port = directory / "journeywatch.toml", directory / "token", free_port()
    token.write_text(TOKEN)
    own = (
        '[log]\ntime = "record"\npartitions = 6\nkpi_partitions = 2\n[logging]\nformat = "text"\n'
        f'[metrics]\nport = {port}\ntoken_file = "{token}"\n{more}\n'
    )
    file.write_text(own)
    names = {topic.name: topic.partitions for topic in of(settings.load(file, {}))}
    with separate_broker(names) as bootstrap, EmbeddedRedis() as redis:
        file.write_text(f'{own}[kafka]\nbootstrap = "{bootstrap}"\n[redis]\nurl = "{redis.url}"\n')
        run = [sys.executable, "-c", WORKER, str(file)]
        feed = [sys.executable, "-m", "tests.support.feed", bootstrap, str(customers)]
        with (
            Child(run, ready=lambda: _ready(port), log=directory / "worker.log", seconds=150) as worker,
            Child(feed, ready=lambda: True, log=directory / "feed.log"),
        ):
            yield Stack(f"127.0.0.1:{port}", token, worker)


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False


def main(seconds: float) -> None:
    program = shutil.which("prometheus")
    if program is None:
        sys.exit("prometheus is not installed")
    with tempfile.TemporaryDirectory(prefix="journeywatch-stack-") as name:
        directory = Path(name)
        with stack(directory) as live, Prometheus(Path(program), directory, [live.target], live.token) as prometheus:
            print(f"Prometheus at {prometheus.url} for {seconds:g} s", flush=True)
            time.sleep(seconds)
            from dashboards import draw

            draw.draw(prometheus.url, tools.ROOT / "docs", seconds / 2)  # without the start


if __name__ == "__main__":
    main(float(sys.argv[1]))
