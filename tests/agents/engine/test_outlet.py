"""What many say to one partition at the same time is said in order, in few batches, and to nobody's loss."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from agents.engine.outlet import LIMIT, Outlet
from stream.record import Out


def out(name: bytes, size: int = 1) -> Out:
    return Out("t", 0, name, bytes(size))


class Landing:
    """A broker that answers when told to."""

    def __init__(self) -> None:
        self.batches: list[list[bytes | None]] = []
        self.answer = asyncio.Event()
        self.error: Exception | None = None
        self._landing = 0

    async def land(self, records: Sequence[Out]) -> None:
        self._landing += 1
        assert self._landing == 1, "one batch at a time"
        self.batches.append([record.key for record in records])
        await self.answer.wait()
        self._landing -= 1
        if self.error is not None:
            raise self.error


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_waits_goes_together_and_each_is_told_when_its_own_has_landed() -> None:
    landing = Landing()
    outlet = Outlet(landing.land)
    first = asyncio.create_task(outlet.say([out(b"a1"), out(b"a2")]))
    await turns()
    second, third = asyncio.create_task(outlet.say([out(b"b")])), asyncio.create_task(outlet.say([out(b"c")]))
    await turns()
    assert landing.batches == [[b"a1", b"a2"]]
    assert not first.done()
    landing.answer.set()
    await asyncio.gather(first, second, third)
    assert landing.batches == [[b"a1", b"a2"], [b"b", b"c"]]


async def test_a_batch_stays_below_the_brokers_limit_and_a_record_beyond_it_goes_alone() -> None:
    landing = Landing()
    landing.answer.set()
    half = LIMIT // 2 - 100
    await Outlet(landing.land).say([out(b"a", half), out(b"b", half), out(b"c", 2 * LIMIT), out(b"d")])
    assert landing.batches == [[b"a", b"b"], [b"c"], [b"d"]]


async def test_an_error_reaches_all_who_wait() -> None:
    landing = Landing()
    outlet = Outlet(landing.land)
    first = asyncio.create_task(outlet.say([out(b"a")]))
    await turns()
    second = asyncio.create_task(outlet.say([out(b"b")]))
    await turns()
    landing.error = ValueError("refused")
    landing.answer.set()
    answers = await asyncio.gather(first, second, return_exceptions=True)
    assert list(answers) == [landing.error, landing.error]
    assert landing.batches == [[b"a"]]
    landing.error = None
    await outlet.say([out(b"c")])
    assert landing.batches == [[b"a"], [b"c"]]


async def test_order_is_kept_however_it_comes() -> None:
    landing = Landing()
    landing.answer.set()
    outlet = Outlet(landing.land)
    await asyncio.gather(*(outlet.say([out(b"%d/%d" % (i, j)) for j in range(3)]) for i in range(20)))
    flat = [key for batch in landing.batches for key in batch]
    assert flat == [b"%d/%d" % (i, j) for i in range(20) for j in range(3)]
    with pytest.raises(IndexError):
        await outlet.say([])
