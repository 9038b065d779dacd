"""How long a fold holds the event loop, in CPU time: `make bench ARGS="hold"`. No Kafka.

Records come to the fold as an owner of a partition gives them to it; then all that its customers have coming falls due
before one record, as after days without a worker.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence

from agents import collector
from agents.engine.lane import BATCH
from agents.engine.owner import FIRST, Fold, stride_after
from bench.live import quantile
from bench.r1.workload import Workload
from stream.definitions import DAY, Definitions
from stream.infra.plugins import load
from stream.infra.settings import Settings
from stream.partition import Partition
from stream.plan import Plan
from stream.record import EVENTS, Record

START = 1_790_000_000_000  # ms: 2026-09-21


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hold", description=__doc__)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--customers", type=int, default=4_000)
    return parser.parse_args(words)


def steps(fold: Fold, records: Sequence[Record]) -> Iterator[float]:
    """CPU seconds of each step of a fold, paced as its owner does: between two of them the loop is free."""
    began, first = time.thread_time(), fold.meta.next
    for step in fold.feed(records):
        took = time.thread_time() - began
        yield took
        fold.stride = stride_after(fold.stride, step, first, took)
        began, first = time.thread_time(), fold.meta.next


def said(what: str, took: Sequence[float]) -> str:
    ms = sorted(round(1_000 * seconds) for seconds in took)
    end, middle = quantile(ms, 0.99), quantile(ms, 0.5)
    return f"{what:>10}  {len(ms):,} steps: the longest {ms[-1]} ms, 99 % {end} ms, half {middle} ms"


def main(words: Sequence[str] | None = None) -> None:
    args = arguments(words)
    found = load(Settings())
    plan = Plan(list(found.kpis.values()), list(found.signals.values()), list(found.watches.values()))
    partition = Partition(Definitions(partitions=1, time="record"), plan, 0, {})
    heard = Workload(args.customers).events(args.events + 1, START, DAY)
    *records, last = (Record(EVENTS, 0, i, at, key, value) for i, (key, at, value) in enumerate(heard))
    collector.relax()
    partition.stride = FIRST
    batches = (records[start : start + BATCH] for start in range(0, len(records), BATCH))
    print(said("events", [took for batch in batches for took in steps(partition, batch)]), flush=True)
    late = Record(EVENTS, 0, last.offset, START + 200 * DAY, last.key, last.value)
    print(said("due", list(steps(partition, [late]))))


if __name__ == "__main__":
    main()
