"""What the log holds, as the pipe hears it and as it answers: records, appends, dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field


class Heard(Protocol):
    """One record of a Kafka partition; aiokafka's own records fit without being copied."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Append time, ms since the epoch (with `[log] time = "record"`: the record's own)."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


class Record(Struct, frozen=True, gc=False):
    """A record made here: by replay, by tests, by the simulation. Times in ms."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Reason(StrEnum):
    """Why a record became a dead letter. A closed set: it is a metric's label."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    NAIVE_TIME = "naive_time"
    FUTURE = "future"
    TOO_LATE = "too_late"
    HEADLESS = "headless"
    ERASED = "erased"
    MISROUTED = "misrouted"
    MERGE_CYCLE = "merge_cycle"
    OVER_LIMIT = "over_limit"
    INVALID = "invalid"


class Reject(Struct, frozen=True):
    """Bad input as a value: the reason, and a detail that names the field, the value and the rule."""

    reason: Reason
    detail: str


class DeadLetter(Struct, frozen=True):
    """A record that could not be used, its bytes as received (base64 in JSON). `at` = its append time, ms."""

    reason: Reason
    detail: str
    topic: str
    partition: int
    offset: int
    at: int
    key: bytes | None
    value: bytes | None


class Out(Struct, frozen=True, gc=False):
    """One record to publish after the append is acknowledged.

    `timestamp` (ms) is set only where the log's time is the record's own; else the producer's clock stands.
    """

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    timestamp: int | None = None


class Meta(Struct, array_like=True):
    """A partition's own state, written as `__meta__` in every append of it."""

    next: int = 0  # offset of the first source record that is not in the state
    seq: int = 0  # number of the last append
    clock: int = 0  # log clock, ms; 0 = nothing heard yet
    run: int = 1
    revision: str = ""  # of the definitions under which the state was made
    partitions: int = 0  # of the source topic
    seen: dict[int, int] = field(default_factory=dict)  # kpis: last seq applied, by journeys partition


class Append(Struct):
    """One atomic write: `puts` (key, value or None = tombstone) and `meta`, then `out` is said aloud, in order."""

    puts: list[tuple[bytes, bytes | None]]
    meta: Meta
    out: list[Out]


UNPACED = 1 << 62  # the `stride` of a fold that nobody paces: it goes on without a breath


def appends(fed: Iterable[Append | None]) -> Iterator[Append]:
    """What a feed has to write, without the breaths, for who has nothing else to do meanwhile."""
    return (append for append in fed if append is not None)


class Stop(Exception):
    """The engine's own stop: `code` is the exit code, the message the last line: what happened and the way on."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def murmur2(data: bytes) -> int:
    """Kafka's default partition hash, made positive (org.apache.kafka.common.utils.Utils.murmur2)."""
    length, seed, m = len(data), 0x9747B28C, 0x5BD1E995
    h = seed ^ length
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & 0xFFFFFFFF
        k = (k ^ (k >> 24)) * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ k
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & 0xFFFFFFFF
    h = (h ^ (h >> 13)) * m & 0xFFFFFFFF
    return (h ^ (h >> 15)) & 0x7FFFFFFF


EVENTS, KPIS, ALERTS, DEADLETTERS = "journey.events", "journey.kpis", "journey.alerts", "journey.deadletters"
CLOCK, REVIEW = b"clock", b"review"  # keys of journey.alerts under which no alert stands: a tick, a verdict
