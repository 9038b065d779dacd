"""A client that finds no broker asks a few times a second, not hundreds of times.

Covers agents/engine/calm.py.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient

from agents.engine import calm

_PLAIN = calm._update


async def asked(monkeypatch: pytest.MonkeyPatch, update: Any) -> int:
    """How often metadata is asked for in half a second by somebody who wants it at once, all the time."""
    count = 0

    async def nobody(*_: object) -> None:
        nonlocal count
        count += 1
        await asyncio.sleep(0)

    monkeypatch.setattr(AIOKafkaClient, "_metadata_update", update)
    client = AIOKafkaClient(bootstrap_servers="127.0.0.1:1")
    monkeypatch.setattr(client, "_get_conn", nobody)
    monkeypatch.setattr(client.cluster, "brokers", lambda: [SimpleNamespace(nodeId=1)])
    synchronizer = asyncio.create_task(client._md_synchronizer())
    loop = asyncio.get_running_loop()
    until = loop.time() + 0.5
    while loop.time() < until:
        await client.force_metadata_update()
        await asyncio.sleep(0)
    synchronizer.cancel()
    return count


async def test_a_client_that_finds_no_broker_waits_before_it_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await asked(monkeypatch, calm._update_calmly) <= 6
    assert await asked(monkeypatch, _PLAIN) > 20  # as it is without us; when this fails, aiokafka has learnt it
