"""History that forgets nothing: journeys as they are known at the end of a log, to be asked what became of them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stream.definitions import DAY, Definitions, Keep
from stream.journey import NEVER, Journey
from stream.replay import Replay

_EVER = 36_500 * DAY
_MANY = 100_000  # records a family and customer; a bound, so that one customer can not take all memory


def memory(definitions: Definitions) -> Replay:
    """A replay without plug-ins, in which all records but sessions and days in use stay as long as the log."""
    keep = Keep(_EVER, definitions.keep.sessions, definitions.keep.usage)
    limit = max(definitions.limit, _MANY)
    return Replay(msgspec.structs.replace(definitions, keep=keep, limit=limit, busy=NEVER, row_bytes=NEVER), {}, (), ())


def journeys(replay: Replay) -> Iterator[Journey]:
    """The customers that a replay knows, by partition and in the order in which they were first heard."""
    for partition in replay.journeys:
        for key, row in partition.rows.items():
            yield Journey(key.decode(), partition.definitions, row)
