"""A link passes both ways, and holds what goes the way that is cut until it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agents.embedded.child import free_port
from tests.support.link import Link, Way
from tests.support.recount import until


@asynccontextmanager
async def linked(heard: list[bytes]) -> AsyncIterator[Link]:
    """A link to a server that notes each line and says it back."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            heard.append(line)
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    link = Link(server.sockets[0].getsockname()[1])
    try:
        yield link
    finally:
        await asyncio.to_thread(link.close)
        server.close()


@pytest.mark.parametrize(("way", "arrives"), [("up", False), ("down", True)])
async def test_what_goes_the_way_that_is_cut_comes_when_it_is_mended(way: Way, arrives: bool) -> None:
    heard: list[bytes] = []
    async with linked(heard) as link:
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        link.cut(way)
        writer.write(b"two\n")
        await until(lambda: link.held == 1, "it is held")
        assert heard == [b"one\n", b"two\n"][: 1 + arrives]
        link.mend()
        assert await reader.readline() == b"two\n"
        writer.close()
        await until(lambda: len(heard) == 2, "it has arrived")


async def test_what_a_client_sent_before_it_went_still_arrives() -> None:
    heard: list[bytes] = []
    async with linked(heard) as link:
        _, writer = await asyncio.open_connection("127.0.0.1", link.port)
        writer.write(b"one\n")
        await until(lambda: heard == [b"one\n"], "the link is there")
        link.cut("up")
        writer.write(b"late\n")
        await until(lambda: link.held == 1, "it is held")
        writer.close()
        link.mend()
        await until(lambda: heard == [b"one\n", b"late\n"], "it has arrived")


async def test_without_a_server_the_connection_ends() -> None:
    link = Link(free_port())
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        assert await reader.read() == b""
        writer.close()
    finally:
        await asyncio.to_thread(link.close)
