"""What each KPI and each signal costs in the fold, by leaving it out: `make bench ARGS="cost"`. No Kafka, one core.

Two folds go over the same records side by side, a few at a time, one with every plug-in and one without this one: what
else goes on in the machine slows both, and the ratio of their CPU times stands (the mean of its middle three fifths).
`--only nps,health` for some; `--input world` for one of the two inputs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from statistics import fmean

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
FEW = 50  # records
MUCH = 0.08  # of the whole
EVERYTHING, NOTHING = "everything", "no plug-in"


class Lot(Struct, frozen=True):
    """The plug-ins of one measurement."""

    name: str
    plan: Plan


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--events", type=int, default=4_000)
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


class Cost(Struct, frozen=True):
    """`each`: us of CPU an event with every plug-in; `shares` of it by what is left out."""

    each: float
    shares: dict[str, float]


def measure(lots: Sequence[Lot], records: Sequence[Record]) -> Cost:
    """The first lot against each other one."""
    everything, *others = lots
    whole: list[float] = []
    shares: dict[str, float] = {}
    for lot in others:
        pairs = list(side_by_side(everything, lot, records))
        shares[lot.name] = 1 - middle([without / all_ for all_, without in pairs])
        whole.append(sum(all_ for all_, _ in pairs))
    return Cost(min(whole) / len(records) * 1e6, shares)


def side_by_side(one: Lot, two: Lot, records: Sequence[Record]) -> Iterator[tuple[float, float]]:
    """CPU seconds of both over the same few records, again and again; each begins in turn."""
    definitions = Definitions(partitions=1, time="record")
    first, second = Partition(definitions, one.plan, 0, {}), Partition(definitions, two.plan, 0, {})
    for start in range(0, len(records), 2 * FEW):
        yield fed(first, records[start : start + FEW]), fed(second, records[start : start + FEW])
        if later := records[start + FEW : start + 2 * FEW]:
            after = fed(second, later)
            yield fed(first, later), after


def fed(partition: Partition, records: Sequence[Record]) -> float:
    """CPU seconds that a fold takes."""
    began = time.process_time()
    for _ in partition.feed(records):
        pass
    return time.process_time() - began


def middle(ratios: Sequence[float]) -> float:
    """Their mean without the least and the largest fifth."""
    cut = len(ratios) // 5
    return fmean(sorted(ratios)[cut : len(ratios) - cut])


def table(cost: Cost, events: int) -> Iterator[str]:
    """As lines of Markdown: the dearest first."""
    yield f"| {events:,} events | us an event | share |"
    yield "|---|---:|---:|"
    yield f"| {EVERYTHING} | {cost.each:.1f} | 100 % |"
    rest = 1 - cost.shares[NOTHING]
    yield f"| {NOTHING} | {cost.each * rest:.1f} | {rest:.1%} |"
    singles = {name: share for name, share in cost.shares.items() if name != NOTHING}
    for name in sorted(singles, key=lambda name: -singles[name]):
        mark = " **much**" if singles[name] > MUCH else ""
        yield f"| {name} | {cost.each * singles[name]:.1f} | {singles[name]:.1%}{mark} |"


def main(words: Sequence[str] | None = None) -> None:
    args = arguments(words)
    chosen = lots(args.only.split(",") if args.only else ())
    for name in args.input.split(","):
        records = list(INPUTS[name](args.events))
        collector.relax()
        cost = measure(chosen, records)
        print(f"\ninput: {name}")
        for line in table(cost, len(records)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
