"""What people say of alerts, and a last word of every customer: a world with both, for what looks at them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from stream.alerts import alert_id
from stream.infra.world_people import instant
from tests.oracle.logs import DAY, HOUR, event

Said = tuple[int, dict[str, Any]]  # append time ms, event
LOW = {"ces": 3, "csat": 2, "nps": 6}  # at most: what `low_score` speaks of


def reviewed(events: Iterable[Said], seed: int) -> Iterator[Said]:
    """The events, and verdicts on alerts that some of them raise; now and then a second one, or on no alert at all."""
    rng = Random(seed)
    coming: list[tuple[int, int, dict[str, Any]]] = []
    for count, (at, one) in enumerate(events):
        while coming and coming[0][0] <= at:
            then, _, said = heapq.heappop(coming)
            yield then, said
        yield at, one
        if (about := _alert(one)) and rng.random() < 0.3:
            for again in range(1 + (rng.random() < 0.2)):
                time = instant(one["time"]) + rng.randint(HOUR, 4 * DAY)
                verdict = {"alert": about[1], "signal": about[0], "verdict": rng.choice(("useful", "noise", "known"))}
                said = event(f"review-{count}-{again}", time, "alert.reviewed", verdict, one["subject"])
                heapq.heappush(coming, (max(at, time), 2 * count + again, said))


def _alert(one: dict[str, Any]) -> tuple[str, str] | None:
    """(signal, alert id) that an event is likely to raise."""
    data = one["data"]
    if one["type"] == "survey.answered" and data["score"] <= LOW.get(data["kind"], -1):
        return "low_score", alert_id("low_score", one["subject"], data["survey"])
    if one["type"] == "ticket.reopened":
        return "reopened", alert_id("reopened", one["subject"], data["ticket"])
    return None


def last_words(events: Iterable[Said], end: int) -> Iterator[Said]:
    """The events up to `end` (ms, append time), then one of every customer, at that very time, that says nothing new.

    A customer's health is looked at on each of its events: so all are looked at at one time, which SQL knows too.
    """
    subjects: dict[str, None] = {}
    for at, one in events:
        if at <= end:
            subjects[one["subject"]] = None
            yield at, one
    for subject in subjects:
        if ":" not in subject:
            yield end, event(f"last-{subject}", end, "customer.updated", {"timezone": "UTC"}, subject)
