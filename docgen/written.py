"""What generated files have in common: written, or with `--check` compared with what stands there."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def written(files: Mapping[Path, str], root: Path, arguments: Sequence[str]) -> int:
    """0 = written, or as it should be; 1 = `--check` found a difference."""
    stale = {path: text for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in stale.items():
        if "--check" in arguments:
            print(f"{path.relative_to(root)} is not what `make docs` writes", file=sys.stderr)
        else:
            path.write_text(text, "utf-8")
    return 1 if stale and "--check" in arguments else 0
