"""The delivery fold as tests drive it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stream.claims import Alert, Severity
from stream.definitions import Definitions
from stream.delivering import DeliveryPartition
from stream.policy import Policy
from stream.record import Record
from stream.summaries import OWN
from tests.support.alerts import heard, ticked, verdict


class Delivery:
    """A fold that is told of alerts at their own times."""

    def __init__(self, policy: Policy | None = None, definitions: Definitions | None = None) -> None:
        self.fold = DeliveryPartition(definitions or Definitions(), "r", 0, {}, None, policy or Policy())
        self.changes: list[Alert] = []  # of delivery's own alerts

    def hear(self, *alerts: Alert, at: int | None = None) -> None:
        times = None if at is None else [at] * len(alerts)
        self.take(heard(alerts, times))

    def tick(self, at: int) -> None:
        self.take([ticked(at)])

    def review(self, alerts: Sequence[Alert], at: int, said: str = "noise") -> None:
        self.take([verdict(one.id, at, said) for one in alerts])

    def take(self, records: Sequence[Record]) -> None:
        for record in records:  # one by one, so that every version of an own alert is seen
            row = msgspec.structs.replace(record, offset=self.fold.meta.next)
            for append in self.fold.feed([row]):
                rows = [self.fold.held(key.decode()) for key, _ in append.puts]
                self.changes += [held.alert for held in rows if held is not None and held.head.signal in OWN]

    def routed(self, id: str) -> tuple[str, str]:
        """(severity, reason) under which an alert is told."""
        held = self.fold.held(id)
        assert held is not None
        routing = held.routing
        return (held.head.severity, "") if routing is None else (Severity(routing.severity).name, routing.reason)

    def own(self, signal: str) -> list[tuple[str, str, str, dict[str, int]]]:
        """(change, severity, text, numbers) of delivery's own alerts of a kind."""
        return [(a.change, a.severity, a.text, a.numbers) for a in self.changes if a.signal == signal]
