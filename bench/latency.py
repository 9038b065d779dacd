"""From append to alert: how long after an event is in the log its alert stands in journey.alerts.

`make bench ARGS="latency"`: finds how many events/s one worker with all roles works off, then measures at a tenth, a
half and nine tenths of that. `--apart`: a worker for each role. `--rate 2000` (again for more): at those rates.
`--lot thin`: with the first plug-ins.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench import live, pipe
from bench.workload import Workload
from tests.support.kafka import Kafka

SHARES = (0.1, 0.5, 0.9)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--events", type=int, default=60_000, help="that wait, to find the maximum")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=30, help="at each rate")
    parser.add_argument("--rate", type=float, action="append", help="events/s, instead of shares of the maximum")
    parser.add_argument("--lot", choices=("all", "thin"), default="all", help="which plug-ins")
    parser.add_argument("--apart", action="store_true", help="a worker for each role")
    return parser.parse_args(words)


async def run(args: argparse.Namespace, directory: Path) -> None:
    workload = Workload(args.customers)
    with Kafka(directory / "kafka") as kafka:
        await pipe.prepare(kafka.bootstrap)
        await live.fill(kafka.bootstrap, workload, args.events)
        file, log = pipe.settings(kafka.bootstrap, directory), directory / "worker.log"
        with live.worker(file, log, args.lot, apart=args.apart) as worker:
            most = await worker.maximum(args.events)
            where = "a worker for each" if args.apart else "one worker"
            live.say("maximum", f"{most:,.0f} events/s through all roles in {where}; {live.machine()}")
            for rate in args.rate or [most * share for share in SHARES]:
                await worker.through()
                times = await live.measure(kafka.bootstrap, rate, args.seconds, workload)
                seen = await worker.seen()
                live.say(f"{rate / most:.0%}", f"{live.told(rate, times)}; {seen.waiting:,} records wait after it; "
                    f"loop held {seen.held * 1000:.0f} ms; {live.machine()}")  # fmt: skip


def main(words: Sequence[str] | None = None) -> None:
    with tempfile.TemporaryDirectory(prefix="journeywatch-bench-") as made:
        uvloop.run(run(arguments(words), Path(made)))


if __name__ == "__main__":
    main()
