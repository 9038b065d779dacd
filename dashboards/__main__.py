"""`python -m dashboards` writes dashboards/json; with `--check` it only says what is not as the code makes it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import experience, pipe
from dashboards.parts import annotation

JSON = Path(__file__).parent / "json"
BOARDS = {
    "customer-experience.json": (experience.experience, experience.marks),
    "the-pipe.json": (pipe.pipe, pipe.marks),
}


def made() -> dict[str, str]:
    """The dashboards as they should be, by file name."""
    return {name: _text(build(), marks()) for name, (build, marks) in BOARDS.items()}


def _text(builder: Any, marks: list[dict[str, Any]]) -> str:
    board = json.loads(JSONEncoder(sort_keys=True).encode(builder.build()))
    board["annotations"] = {"list": [annotation(**mark) for mark in marks]}
    for number, panel in enumerate(board["panels"], start=1):
        panel["id"] = number
    return json.dumps(board, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file differs")
    options = parser.parse_args(arguments)
    stale = []
    for name, text in made().items():
        file = JSON / name
        if not file.is_file() or file.read_text() != text:
            stale.append(name)
            if not options.check:
                file.write_text(text)
    for name in stale:
        print(f"dashboards/json/{name}: {'differs; run python -m dashboards' if options.check else 'written'}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
