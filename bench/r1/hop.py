"""R1 by hand as the fold of our engine, with all its guarantees and none of the plug-ins: what the engine costs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import uvloop
from msgspec import structs

from agents import collector
from agents.app import Role
from agents.engine.app import build
from agents.engine.connection import Connection
from agents.engine.exits import die
from agents.engine.hop import HopSpec
from agents.engine.owner import TableSpec
from agents.engine.tables import TableHop
from bench.r1 import job
from bench.r1.meter import PARTITIONS, Meter, Task
from stream.event import millis
from stream.infra.telemetry import HopTelemetry
from stream.record import EVENTS, UNPACED, Append, Heard, Meta, Out

APPEND = 4_000  # records
_pack = msgspec.msgpack.Encoder().encode
_customer = msgspec.msgpack.Decoder(job.Customer).decode
_sums = msgspec.msgpack.Decoder(dict[str, int]).decode


class ByHand:
    """One partition. Rows: customers by name; hours by 0xFE <hour>/<segment>."""

    def __init__(self, rows: dict[bytes, bytes], meta: Meta, alerts: str) -> None:
        self.rows = rows
        self.meta = meta
        self.stride = UNPACED  # its appends are short enough
        self._alerts = alerts

    def feed(self, records: Sequence[Heard]) -> Iterator[Append]:
        for start in range(0, len(records), APPEND):
            yield self._fold(records[start : start + APPEND])

    def _fold(self, records: Sequence[Heard]) -> Append:
        customers: dict[bytes, job.Customer] = {}
        hours: job.Hours = {}
        out: list[Out] = []
        for record in records:
            event, key = job.decode(record.value), record.key or b""
            who = customers.get(key)
            if who is None:
                row = self.rows.get(key)
                who = customers[key] = job.Customer() if row is None else _customer(row)
            at, type_, data = millis(event.time), event.type, event.data
            score = data.score if type_ == "survey.answered" else 0
            if rule := job.take(who, type_, at, getattr(data, "ticket", ""), score):
                alert = b'{"rule":"%b","customer":"%b","at":%d}' % (rule.encode(), key, at)
                out.append(Out(self._alerts, 0, key, alert))
            job.count(hours, type_, at, event.segment, score)
        puts = [(key, _pack(who)) for key, who in customers.items()]
        puts += [self._hour(b"\xfe%d/%b" % (hour, segment.encode()), sums) for (hour, segment), sums in hours.items()]
        self.rows.update(puts)
        self.meta.next, self.meta.seq = records[-1].offset + 1, self.meta.seq + 1
        return Append([*puts], structs.replace(self.meta), out)

    def _hour(self, key: bytes, sums: Counter[str]) -> tuple[bytes, bytes]:
        if (row := self.rows.get(key)) is not None:
            sums.update(_sums(row))
        return key, _pack(sums)


def run(task: Task, meter: Meter) -> None:
    collector.relax()
    uvloop.run(_run(task, meter))


async def _run(task: Task, meter: Meter) -> None:
    telemetry = HopTelemetry("r1")
    connection = Connection(bootstrap=task.bootstrap)
    table = TableSpec(
        changelog=changelog(task.round),
        factory=lambda _, rows, meta: ByHand(rows, meta or Meta(), task.alerts),
        run=task.round,
        revision="r1",
        partitions=PARTITIONS,
    )
    spec = HopSpec(role="r1", app_id=app_id(task.round), sources={EVENTS: PARTITIONS})
    hop = TableHop(spec, table, connection, telemetry, die)
    role = Role(hop, build(hop, connection))
    await role.start()
    await follow(telemetry, meter)
    await role.stop()


def app_id(round_: int) -> str:
    return f"r1-hop-{round_}"


def changelog(round_: int) -> str:
    return f"{app_id(round_)}-customers-changelog"


async def follow(telemetry: HopTelemetry, meter: Meter) -> None:
    """Returns when all is written and published."""
    while not meter.add(telemetry.records - meter.count):  # noqa: ASYNC110 - the counter can not call back
        await asyncio.sleep(0.01)
