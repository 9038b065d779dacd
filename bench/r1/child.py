"""One contender in this process: `python -m bench.r1.child NAME TASK`; its result is the last line that it prints."""

from __future__ import annotations

import importlib
import sys

import msgspec

from bench.r1.meter import Meter, Task


def main(name: str, said: str) -> None:
    task = msgspec.json.decode(said, type=Task)
    meter = Meter(task.events)
    sys.argv = [sys.argv[0], "worker"]  # Faust reads the command line by itself
    importlib.import_module(f"bench.r1.{name}").run(task, meter)
    meter.report()


if __name__ == "__main__":
    main(*sys.argv[1:3])
