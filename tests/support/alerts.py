"""Alerts as the delivery role hears them, and what tests do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stream.claims import Alert, Verdict
from stream.record import ALERTS, CLOCK, REVIEW, Append, Record

ENDED = ("resolved", "withdrawn", "closed")


def alert(id: str = "a1", episode: int = 1, version: int = 1, status: str = "open", **given: Any) -> Alert:
    """An alert of `repeat_contact` on customer-1, opened and changed at 1,000,000 ms unless told otherwise."""
    fields: dict[str, Any] = {
        "signal": "repeat_contact",
        "definition": "repeat_contact@1",
        "subject": "customer-1",
        "cause": f"issue {id}",
        "severity": "queue",
        "max_severity": given.get("severity", "queue"),
        "change": status if status in ENDED else "opened" if version == 1 else "amended",
        "opened": 1_000_000,
        "changed": 1_000_000,
        "text": "3 contacts about billing within 7 d",
        "resolved": given.get("changed", 1_000_000) if status in ENDED else None,
    }
    return Alert(id=id, episode=episode, version=version, status=status, **fields | given)


def page(id: str, at: int, team: str = "care", **given: Any) -> Alert:
    """A customer's alert that opened as a page at `at`."""
    given = {"subject": f"customer-{id}", "signal": "missed_promise", "severity": "page", "cut": {"team": team}} | given
    return alert(id, opened=at, changed=at, **given)


def heard(alerts: Sequence[Alert | bytes], times: Sequence[int] | None = None, offset: int = 0) -> list[Record]:
    """Records of journey.alerts; their append times are those of the changes unless given."""
    return [
        Record(
            ALERTS,
            0,
            offset + i,
            times[i] if times else one.changed if isinstance(one, Alert) else 0,
            b"key",
            msgspec.json.encode(one) if isinstance(one, Alert) else one,
        )
        for i, one in enumerate(alerts)
    ]


def verdict(alert: str, at: int, said: str = "noise", offset: int = 0) -> Record:
    """People's verdict as journey.alerts holds it."""
    return Record(ALERTS, 0, offset, at, REVIEW, msgspec.json.encode(Verdict(alert, said, at)))


def ticked(at: int, offset: int = 0) -> Record:
    return Record(ALERTS, 0, offset, at, CLOCK, b"{}")


def applied(rows: dict[bytes, bytes], appends: Sequence[Append]) -> dict[bytes, bytes]:
    """A table after these appends: what recovery would find."""
    for append in appends:
        for key, value in append.puts:
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
    return rows
