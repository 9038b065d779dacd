"""A fold that counts, and a worker around it: the engine's tests run it as a process that they may kill.

Row of a key: how many records, and a hash over their offsets in order. Every tenth record of a key says so aloud.
`python -m tests.support.counting '{"bootstrap": ..., "prefix": ..., "partitions": ...}'` runs until SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from zlib import crc32

import msgspec

from agents.engine.app import build
from agents.engine.connection import Connection
from agents.engine.exits import die
from agents.engine.hop import HopSpec
from agents.engine.owner import TableSpec
from agents.engine.tables import TableHop
from stream.infra.telemetry import HopTelemetry
from stream.record import UNPACED, Append, Heard, Meta, Out

ROW = struct.Struct(">QI")


class Counting:
    """The fold. Cuts an append after `cut` records, and breathes."""

    def __init__(
        self, partition: int, rows: dict[bytes, bytes], meta: Meta | None, said: str, cut: int = 2_000
    ) -> None:
        assert meta is not None
        self.partition, self.rows, self.meta, self.said, self.cut = partition, rows, meta, said, cut
        self.stride = UNPACED

    def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        for start in range(0, len(records), self.cut):
            yield from self._fold(records[start : start + self.cut])

    def _fold(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        changed: dict[bytes, bytes] = {}
        out = []
        for number, record in enumerate(records, 1):
            key = record.key or b""
            n, mix = ROW.unpack(changed.get(key) or self.rows.get(key) or bytes(12))
            n += 1
            changed[key] = ROW.pack(n, crc32(str(record.offset).encode(), mix))
            if n % 10 == 0:
                out.append(Out(self.said, 0, b"%d/" % self.partition + key, b"%d" % n))
            if number % self.stride == 0:
                yield None
        meta = self.meta
        self.meta = msgspec.structs.replace(
            meta, next=records[-1].offset + 1, seq=meta.seq + 1, clock=max(meta.clock, records[-1].timestamp)
        )
        self.rows |= changed
        yield Append(list(changed.items()), self.meta, out)


class Worker(msgspec.Struct):
    """What a worker process is told."""

    bootstrap: str
    prefix: str
    partitions: int
    embedded: bool = False
    revision: str = "r"
    lost: float = 60.0
    loss: bool = False
    instance: str | None = None

    @property
    def source(self) -> str:
        return f"{self.prefix}.source"

    @property
    def said(self) -> str:
        return f"{self.prefix}.said"

    @property
    def changelog(self) -> str:
        return f"{self.prefix}-counts-changelog"

    def topics(self) -> dict[str, int]:
        return {self.source: self.partitions, self.changelog: self.partitions, self.said: 1}


def hop(worker: Worker, telemetry: HopTelemetry, on_stop=die) -> TableHop:
    table = TableSpec(
        changelog=worker.changelog,
        factory=lambda partition, rows, meta: Counting(partition, rows, meta, worker.said),
        run=1,
        revision=worker.revision,
        partitions=worker.partitions,
    )
    spec = HopSpec(role="count", app_id=worker.prefix, sources={worker.source: worker.partitions}, loss=worker.loss)
    connection = Connection(bootstrap=worker.bootstrap, embedded=worker.embedded, lost=worker.lost)
    return TableHop(spec, table, connection, telemetry, on_stop)


async def main(worker: Worker) -> None:
    telemetry = HopTelemetry("count")
    counting = hop(worker, telemetry)
    app = build(counting, counting.connection, instance=worker.instance)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await counting.start()
    await app.start()
    await stopped.wait()
    await counting.stop()
    await app.stop()
    print(
        msgspec.json.encode({k: v for k, v in msgspec.structs.asdict(telemetry).items() if k != "partitions"}).decode()
    )


if __name__ == "__main__":
    import logging

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Worker)))
