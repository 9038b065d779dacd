"""`python -m tests.simulation FIRST [COUNT]`: runs seeds from FIRST on, all processors at work; exit 1 if one fails.

Of a single seed it says how every worker ended.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.story import Result, run


def main(first: int, count: int) -> int:
    logging.disable()  # workers have much to say of their troubles
    began, failed, ends, records = time.monotonic(), 0, 0, 0
    for done, result in enumerate(_results(range(first, first + count)), 1):
        ends, records = ends + len(result.ends), records + result.events
        failed += bool(result.differences)
        if result.differences or count == 1:
            print(*(f"  {line}" for line in result.ends), sep="\n")
            print(f"seed {result.seed}: {len(result.differences)} differences", *result.differences[:10], sep="\n  ")
        if done % 1_000 == 0:
            print(f"{done:,} seeds, {failed} failed, {time.monotonic() - began:,.0f} s", flush=True)
    print(f"{count:,} seeds, {failed} failed: {records:,} events told, workers stopped themselves {ends:,} times")
    return int(failed > 0)


def _results(seeds: range) -> Iterator[Result]:
    if len(seeds) == 1:
        yield run(seeds[0])
        return
    with ProcessPoolExecutor() as pool:
        yield from pool.map(run, seeds, chunksize=20)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
