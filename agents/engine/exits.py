"""How a worker stops: its exit codes, its last line, and nothing else running afterwards."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum

from aiokafka.errors import (
    CorruptRecordException,
    KafkaConnectionError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NoBrokersAvailable,
    NodeNotReadyError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from stream.record import Stop


class Code(IntEnum):
    """Exit codes of a worker. A supervisor restarts it; 71 mends itself by that, the others may need a person."""

    UNEXPECTED = 70  # a fault of the program; its trace stands above the last line
    FOREIGN = 71  # another owner wrote to the table's changelog
    TRUNCATED = 72  # the source no longer holds the place at which the state goes on
    PARTITIONS = 73  # the number of partitions changed
    GAP = 74  # numbers that must follow one another do not
    BROKER = 75  # Kafka was not reached, or was lost
    TOPIC = 76  # a topic is missing, or refuses what must be written
    CORRUPT = 77  # a record that the broker damaged, or a changelog record that this program cannot have written
    DEFINITIONS = 78  # the state was made under other definitions


OnStop = Callable[[BaseException], None]

# No broker answers, or none that leads the partition.
UNREACHED = (
    KafkaConnectionError, KafkaTimeoutError, LeaderNotAvailableError, NoBrokersAvailable, NodeNotReadyError,
    NotLeaderForPartitionError, RequestTimedOutError,
)  # fmt: skip
_REFUSED = (UnknownTopicOrPartitionError, TopicAuthorizationFailedError)


def as_stop(error: BaseException) -> Stop:
    """The stop that an error amounts to; its message is one line that ends in what to do."""
    if isinstance(error, Stop):
        return error
    words = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    if isinstance(error, UNREACHED):
        return Stop(Code.BROKER, f"Kafka does not answer ({words}); see that the brokers run and start again")
    if isinstance(error, _REFUSED):
        return Stop(Code.TOPIC, f"{words}; `journeywatch topics` says what is missing, `--create` makes it")
    if isinstance(error, CorruptRecordException):
        mend = "have the broker bring that partition anew from another replica; of a changelog, `run + 1` does without"
        return Stop(Code.CORRUPT, f"the broker's copy of a record is damaged ({words}); {mend}")
    return Stop(Code.UNEXPECTED, f"{words}; nothing is lost, start again, and report the trace above")


def die(error: BaseException) -> None:
    """Ends the process at once with the code and the last line of `error`; does not return.

    No clean-up on purpose: what is written is written, everything else is read again. A tidy end could still commit,
    publish or leave a group on a state that is known to be wrong.
    """
    stop = as_stop(error)
    if stop.code == Code.UNEXPECTED:
        traceback.print_exception(error, file=sys.stderr)
    for handler in logging.getLogger().handlers:
        with contextlib.suppress(Exception):
            handler.flush()
    print(f"journeywatch: stopped ({int(stop.code)}): {stop}", file=sys.stderr, flush=True)
    os._exit(stop.code)
