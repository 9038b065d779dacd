"""`journeywatch send`: a file's events onto raw.<source>, each with its append time as the record's timestamp."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from msgspec import Struct

from agents.commands.common import reached
from agents.engine.exits import Code
from agents.setup import connection
from agents.topics import raw
from stream import mapping
from stream.faults import unknown
from stream.infra import plugins, settings
from stream.infra.sections import Kafka
from stream.record import Stop
from stream.sources import SourceFault, opened

_OPEN = 5_000  # records that may wait for their acknowledgement
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sent(Struct):
    """What went out. `latest`: the largest append time, ms."""

    records: int = 0
    latest: int = 0


def run(args: argparse.Namespace) -> int:
    effective = settings.load(args.settings)
    records = read(args, plugins.load(effective))
    first = next(records, None)  # what can not be read is told without a broker
    if first is None:
        print(f"journeywatch: {args.file} holds no events", file=sys.stderr)
        return 1
    asyncio.run(_send(chain([first], records), raw(args.source), effective.kafka, args.rate, end=args.end))
    return 0


def read(args: argparse.Namespace, found: plugins.Plugins) -> Iterator[tuple[int, bytes]]:
    """The records of `args.file` by `args.source` and `args.mapping`. Raises SourceFault or Faults."""
    if args.source not in found.sources:
        raise SourceFault(f"source {args.source} {unknown(args.source, found.sources)}")
    mapped = None
    if args.mapping:
        with opened(args.mapping) as file:
            mapped = mapping.parse(file.read().decode("utf-8", "replace"), str(args.mapping))
    return found.sources[args.source].read(args.file, mapped)


async def _send(
    records: Iterator[tuple[int, bytes]], topic: str, kafka: Kafka, rate: float | None, *, end: bool
) -> None:
    sent = Sent()
    async with reached(kafka):
        producer = AIOKafkaProducer(**connection(kafka).client(), acks="all", enable_idempotence=True, linger_ms=5)
        try:
            await producer.start()
            await _there(producer, topic)
            await _all(records, producer, topic, rate, sent)
            if end:
                await producer.send_and_wait(topic, _tick(sent.latest), key=b"clock", timestamp_ms=sent.latest)
        finally:
            await producer.stop()
            if sent.records:
                _say(f"{sent.records:,} records on {topic}", last=True)


async def _there(producer: AIOKafkaProducer, topic: str) -> None:
    """A topic that is missing would be waited for; asking for it by name might make it."""
    cluster: Any = await producer.client.fetch_all_metadata()
    if topic not in cluster.topics():
        raise Stop(Code.TOPIC, f"topic {topic} is missing: make it with `journeywatch topics --create`")


async def _all(
    records: Iterator[tuple[int, bytes]], producer: AIOKafkaProducer, topic: str, rate: float | None, sent: Sent
) -> None:
    """Sends at most `rate` a second and waits for every acknowledgement; the order of a customer is kept."""
    clock = asyncio.get_running_loop().time
    start = said = clock()
    waiting: deque[asyncio.Future[Any]] = deque()
    for at, value in records:
        if rate and (early := start + sent.records / rate - clock()) > 0:
            await asyncio.sleep(early)
        waiting.append(await producer.send(topic, value, key=_subject(value), timestamp_ms=at))
        sent.records += 1
        sent.latest = max(sent.latest, at)
        if len(waiting) > _OPEN:
            await waiting.popleft()
        if (now := clock()) - said > 1:
            said = now
            _say(f"{sent.records:,} records on {topic}, {sent.records / (now - start):,.0f}/s")
    await producer.flush()
    await asyncio.gather(*waiting)


class _Peek(Struct):
    subject: str | None = None


def _subject(value: bytes) -> bytes | None:
    """The record's key, so that what belongs to one customer stays in order; none for what is no event."""
    try:
        subject = msgspec.json.decode(value, type=_Peek).subject
    except (ValueError, RecursionError):
        return None
    return subject.encode() if subject else None


def _tick(at: int) -> bytes:
    """The end of the input: every clock has reached `at` (ms)."""
    event = {
        "specversion": "1.0",
        "id": f"end-{at}",
        "source": "journeywatch",
        "type": "clock.ticked",
        "time": _EPOCH + timedelta(milliseconds=at),
        "subject": "clock",
        "data": {},
    }
    return msgspec.json.encode(event)


def _say(words: str, *, last: bool = False) -> None:
    if sys.stderr.isatty():
        print(f"\r{words}\033[K", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(words, file=sys.stderr)
