"""The queue: the open alerts, in the order in which somebody should look at them, and by whom they are about."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest
from typing import Any

import msgspec

from stream.claims import Severity
from stream.notices import Head, Held, Routing
from stream.ranking import Weights, rank, reasons, terms

_QUIETER = ("chance", "precision", "grouped")  # of these nobody is to be told, or was already: they rank with the queue


class Line:
    """`active` = open alerts by (signal, severity)."""

    def __init__(self, weights: Weights) -> None:
        self.active: dict[tuple[str, str], int] = {}
        self._weights = weights
        self._open: dict[str, Head] = {}  # as they rank
        self._subjects: dict[str, dict[str, str]] = {}  # subject -> open alert -> its signal

    def add(self, held: Held) -> None:
        """An alert is open."""
        head = held.head
        lower = head.severity == "page" and held.routing is not None and held.routing.reason in _QUIETER
        self._open[head.id] = msgspec.structs.replace(head, severity="queue") if lower else head
        self._subjects.setdefault(head.subject, {})[head.id] = head.signal
        label = (head.signal, head.severity)
        self.active[label] = self.active.get(label, 0) + 1

    def remove(self, head: Head) -> None:
        """It is over, or there is a newer version of it."""
        del self._open[head.id]
        del self._subjects[head.subject][head.id]
        if not self._subjects[head.subject]:
            del self._subjects[head.subject]
        self.active[head.signal, head.severity] -= 1

    def open(self) -> list[str]:
        """Every open alert, in no special order."""
        return list(self._open)

    def subjects(self) -> list[str]:
        """Every subject of which something is open."""
        return list(self._subjects)

    def beside(self, subject: str) -> list[str]:
        """The open alerts of a subject: those whose rank changes when one of them does."""
        return list(self._subjects.get(subject, ()))

    def journey(self, subject: str) -> dict[str, Any] | None:
        """What is open of one subject, for those who look at people and not at alerts: its alerts, the most urgent
        first, their signals, and the place in the queue of the first. None = nothing.
        """
        found = sorted((self.rank(self._open[id])[0], id) for id in self.beside(subject))
        if not found:
            return None
        signals = sorted(set(self._subjects[subject].values()))
        return {"as_if": found[0][0], "alerts": [id for _, id in found], "signals": signals}

    def rank(self, head: Head) -> tuple[int, list[str]]:
        """The virtual opening time (ms) that orders the queue, and the reasons; see `stream.ranking`."""
        head, signals = self._open.get(head.id, head), self._signals(head.subject)
        return rank(head, signals, self._weights), reasons(head, signals, self._weights)

    def terms(self, head: Head) -> dict[str, int]:
        """The head start (ms) that each reason gives."""
        return terms(self._open.get(head.id, head), self._signals(head.subject), self._weights)

    def first(self, limit: int) -> Iterator[str]:
        """The most urgent, in order."""
        signals = {subject: self._signals(subject) for subject in self._subjects}
        ranks = ((rank(head, signals[head.subject], self._weights), id) for id, head in self._open.items())
        return (id for _, id in nsmallest(limit, ranks))

    def shown(self, held: Held) -> dict[str, Any]:
        """What is shown of an open alert beside its own fields: its place in the queue, and how it was told."""
        as_if, why = self.rank(held.head)
        routing = held.routing or Routing(Severity[held.head.severity])
        told = {"told": Severity(routing.severity).name, "reason": routing.reason, "routing": routing.why}
        return {"as_if": as_if, "why": why, "terms": self.terms(held.head), **told, "group": routing.group}

    def _signals(self, subject: str) -> int:
        """Distinct signals open on a subject."""
        return len(set(self._subjects.get(subject, {}).values()))
