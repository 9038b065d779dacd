"""The worker process of the demonstration: all roles, on the embedded broker."""

from __future__ import annotations

import sys
from pathlib import Path

from agents import worker
from agents.cli import ROLES
from stream.infra import settings


def main(arguments: list[str]) -> int:
    """Runs until a signal; `arguments` = a settings file, or nothing. The environment names broker and Redis."""
    return worker.run(settings.load(Path(arguments[0]) if arguments else None), ROLES, embedded=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
