"""aiokafka, kept from asking without a pause.

Its fetcher and its sender both ask for metadata, and wait for nothing else, while a partition has no leader that they
can reach. A port that refuses answers at once, so each client asks some 400 times a second and logs it twice: a whole
core, and a megabyte of log a second, at the moment when the broker comes back.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.client import AIOKafkaClient

_update = AIOKafkaClient._metadata_update


async def _update_calmly(self: AIOKafkaClient, *arguments: Any) -> bool:
    updated: bool = await _update(self, *arguments)
    if not updated:
        await asyncio.sleep(self._retry_backoff)
    return updated


def calm() -> None:
    """From now on a client that found no broker waits for its `retry_backoff_ms` (100) before it asks again."""
    AIOKafkaClient._metadata_update = _update_calmly
