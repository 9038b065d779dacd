"""What each KPI and each signal costs in the fold, by leaving it out: `make bench ARGS="cost"`. No Kafka, one core.

CPU time of the whole fold with every plug-in, then without each in turn. All of them go over the same fetches in turn,
round after round; the least time of each fetch counts, so that other work on the machine hardly shows.
`--only nps,health` for some; `--input world` for one of the two inputs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec
from msgspec import Struct

from agents import collector
from bench.r1.workload import Workload
from stream.claims import Watch
from stream.definitions import DAY, Definitions
from stream.infra.plugins import load
from stream.infra.settings import Settings
from stream.infra.world import World
from stream.partition import Partition
from stream.plan import Plan
from stream.record import EVENTS, Record

START = 1_790_000_000_000  # ms: 2026-09-21
FETCH = 500  # records
MUCH = 0.08  # of the whole
EVERYTHING, NOTHING = "everything", "no plug-in"


class Lot(Struct, frozen=True):
    """The plug-ins of one measurement."""

    name: str
    plan: Plan


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="plug-ins, comma separated; else all")
    parser.add_argument("--input", default=",".join(INPUTS), help="r1, world")
    return parser.parse_args(words)


def r1(events: int) -> Iterator[Record]:
    """R1's input, 20 events a customer."""
    heard = Workload(max(events // 20, 1)).events(events, START, 10 * DAY)
    return (Record(EVENTS, 0, i, at, key, value) for i, (key, at, value) in enumerate(heard))


def world(events: int) -> Iterator[Record]:
    """The first events of the simulated world, which has all families of events."""
    made = World(max(events // 20, 1), START, 1, currencies=("USD",)).until(START + 60 * DAY)
    for i, (at, event) in enumerate(islice(made, events)):
        yield Record(EVENTS, 0, i, at, event["subject"].encode(), msgspec.json.encode(event))


INPUTS: dict[str, Callable[[int], Iterator[Record]]] = {"r1": r1, "world": world}


def lots(only: Sequence[str]) -> list[Lot]:
    """Everything, nothing, and everything without each one."""
    found = load(Settings())
    named = {**found.kpis, **found.signals}
    watches: list[Watch] = list(found.watches.values())

    def lot(name: str, without: set[str]) -> Lot:
        kpis = [kpi for kpi in found.kpis.values() if kpi.name not in without]
        return Lot(name, Plan(kpis, [s for s in found.signals.values() if s.name not in without], watches))

    made = [lot(EVERYTHING, set()), lot(NOTHING, set(named))]
    return made + [lot(name, {name}) for name in named if not only or name in only]


def measure(lots: Sequence[Lot], records: Sequence[Record], rounds: int) -> dict[str, float]:
    """CPU seconds of each lot over all records: for each fetch the least of all rounds."""
    definitions = Definitions(partitions=1, time="record")
    fetches = [records[i : i + FETCH] for i in range(0, len(records), FETCH)]
    least = {lot.name: [float("inf")] * len(fetches) for lot in lots}
    for _ in range(rounds):
        partitions = [Partition(definitions, lot.plan, 0, {}) for lot in lots]
        for i, fetch in enumerate(fetches):
            for lot, partition in zip(lots, partitions, strict=True):
                began = time.process_time()
                for _ in partition.feed(fetch):
                    pass
                least[lot.name][i] = min(least[lot.name][i], time.process_time() - began)
    return {name: sum(times) for name, times in least.items()}


def table(costs: dict[str, float], events: int) -> Iterator[str]:
    """As lines of Markdown: the dearest first."""
    whole, none = costs[EVERYTHING], costs[NOTHING]
    yield f"| {events:,} events | us an event | share |"
    yield "|---|---:|---:|"
    yield f"| {EVERYTHING} | {whole / events * 1e6:.1f} | 100 % |"
    yield f"| {NOTHING} | {none / events * 1e6:.1f} | {none / whole:.1%} |"
    singles = {name: whole - cost for name, cost in costs.items() if name not in (EVERYTHING, NOTHING)}
    for name in sorted(singles, key=lambda name: -singles[name]):
        mark = " **much**" if singles[name] > MUCH * whole else ""
        yield f"| {name} | {singles[name] / events * 1e6:.1f} | {singles[name] / whole:.1%}{mark} |"


def main(words: Sequence[str] | None = None) -> None:
    args = arguments(words)
    chosen = lots(args.only.split(",") if args.only else ())
    for name in args.input.split(","):
        records = list(INPUTS[name](args.events))
        collector.relax()
        costs = measure(chosen, records, args.rounds)
        print(f"\ninput: {name}")
        for line in table(costs, len(records)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
