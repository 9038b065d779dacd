"""What a pipe under fire is given: a generated world, some of it junk, at a steady pace, on raw.cloudevents."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from confluent_kafka import Producer

from agents import topics
from stream.definitions import DAY
from stream.infra.world import World

RAW = topics.raw("cloudevents")
JUNK_EVERY = 500  # events


def events(customers: int, seed: int, days: int = 60) -> list[dict[str, Any]]:
    """The last `days` of a world with merges and erasures and some unlucky people, in the order of their telling."""
    now = time.time_ns() // 1_000_000
    world = World(
        customers, now - days * DAY, seed, currencies=("USD",), live=now, unlucky=12, merges=0.3, erasures=0.1
    )
    return [event for _, event in world.until(now)]


class Load:
    """A thread that sends. `sent` = ids of the events that the broker has taken; `junk` = how many were none."""

    def __init__(self, bootstrap: str, events: list[dict[str, Any]], rate: float) -> None:
        self.sent: dict[str, None] = {}
        self.junk = 0
        self._events, self._rate = events, rate
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20, "log_level": 2,
                "message.timeout.ms": 300_000, "message.max.bytes": 1_000_000,
            }
        )  # fmt: skip
        self._refusable: tuple[str, ...] = ()
        self._refused: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load")

    def start(self) -> Load:
        self._thread.start()
        return self

    def no_events(self, *ids: str) -> None:
        """What intake must refuse, for a reason of its own: it counts as junk."""
        self._refusable = ids

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ends the sending, be there more or not."""
        self._stop.set()
        self.join()

    def join(self) -> None:
        """Returns when everything given out is acknowledged."""
        self._thread.join()
        assert not self._refused, self._refused[:3]

    def _run(self) -> None:
        began = time.monotonic()
        for count, event in enumerate(self._events):
            if self._stop.wait(max(0.0, began + count / self._rate - time.monotonic()) if count % 20 == 0 else 0.0):
                break
            self._put(event["subject"], json.dumps(event))
            if event["id"] in self._refusable:
                self.junk += 1
            else:
                self.sent[event["id"]] = None
            if count % JUNK_EVERY == 0:
                self._put("junk", "junk")
                self.junk += 1
        left = self._producer.flush(300)
        if left:
            self._refused.append(f"{left} records were never acknowledged")

    def _put(self, key: str, value: str) -> None:
        self._producer.produce(RAW, value.encode(), key.encode(), on_delivery=self._told)
        self._producer.poll(0)

    def _told(self, error: Any, _: Any) -> None:
        if error is not None:
            self._refused.append(str(error))
