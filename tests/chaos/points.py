"""Named places in a hop at which a worker of these tests dies, or is told a lie, when it comes by for the n-th time.

A point is `before.STEP` or `after.STEP`; the steps are those of the hop, in order. Nothing of this is in the product:
`arm` wraps the product's own methods, in a process that is there to be killed.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn

from aiokafka import AIOKafkaProducer
from aiokafka.errors import RequestTimedOutError

from agents.engine.hop import Hop
from agents.engine.ledger import Ledger
from agents.engine.owner import Owner
from agents.engine.producer import Producer
from agents.engine.tables import RelayHop, TableHop
from agents.engine.transport import EngineConsumer
from stream.infra.courier import Courier

Step = tuple[tuple[type, str], ...]

STEPS: dict[str, Step] = {
    "feed": ((Owner, "_fold"),),
    "send": ((AIOKafkaProducer, "send_batch"),),  # handed to the client; not yet acknowledged
    "ack": ((Producer, "append"),),
    "apply": ((Ledger, "wrote"),),
    "publish": ((Producer, "publish"),),
    "done": ((Hop, "done"),),
    "commit": ((EngineConsumer, "commit"),),
    "recover": ((TableHop, "_prepare"), (RelayHop, "_prepare")),
    "claim": ((TableHop, "_claim"),),
    "release": ((Hop, "release"),),
    "mark": ((Courier, "marks"),),  # what the sinks took is about to be written down
}
TABLE = ("feed", "send", "ack", "apply", "publish", "done", "commit")
LIE = "time_out"  # the broker took it, and the worker is told that it did not answer


def arm(spec: str) -> None:
    """`spec` = "POINT:N", e.g. "after.send:17": die there at the n-th time; "time_out:N": only the n-th ack is lost."""
    point, _, number = spec.partition(":")
    strike = _nth(int(number))
    if point == LIE:
        _lie(strike)
        return
    when, _, step = point.partition(".")
    for owner, name in STEPS[step]:
        setattr(owner, name, _wrapped(getattr(owner, name), when == "before", strike))


def _nth(n: int) -> Callable[[], bool]:
    """True at the n-th call."""
    left = [n]

    def strike() -> bool:
        left[0] -= 1
        return left[0] == 0

    return strike


def _wrapped(method: Callable[..., Any], before: bool, strike: Callable[[], bool]) -> Callable[..., Any]:
    if asyncio.iscoroutinefunction(method):

        @functools.wraps(method)
        async def waited(*arguments: Any, **options: Any) -> Any:
            if before and strike():
                die()
            found = await method(*arguments, **options)
            if not before and strike():
                die()
            return found

        return waited

    @functools.wraps(method)
    def called(*arguments: Any, **options: Any) -> Any:
        if before and strike():
            die()
        found = method(*arguments, **options)
        if not before and strike():
            die()
        return found

    return called


def _lie(strike: Callable[[], bool]) -> None:
    append = Producer.append

    async def lied(*arguments: Any) -> int:
        size = await append(*arguments)
        if strike():
            raise RequestTimedOutError
        return size

    setattr(Producer, "append", lied)  # noqa: B010 - as above: it is no longer the method that it says it is


def die() -> NoReturn:
    """As kill -9 would."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("this process is dead")
