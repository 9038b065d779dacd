"""An alert in words for people: what a chat message, an e-mail and an incident have in common."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from stream.claims import Alert
from stream.infra.pseudonym import is_person
from stream.notices import Notice, span
from stream.summaries import OWN

ENDS = {"resolved": "resolved", "withdrawn": "withdrawn: the data were corrected", "closed": "closed by a verdict"}


def line(text: str) -> str:
    """One line, whatever was in the data: no control characters, none that turn the direction of writing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def is_news(notice: Notice) -> bool:
    """Opened, over, become louder, or speaking for more; of other changes people need not be told one by one."""
    louder = notice.held_as is None or notice.severity > notice.held_as
    return notice.kind != "update" or louder or notice.alert.signal in OWN


def state(notice: Notice) -> str:
    """`PAGE`, or how it ended: "resolved after 2 h 5 min"."""
    alert = notice.alert
    if notice.kind != "resolve":
        return notice.severity.name.upper()
    if alert.status == "open":
        return "no longer this loud"
    return f"{ENDS.get(alert.status, alert.status)}, after {span(max(alert.changed - alert.opened, 0))}"


def facts(notice: Notice, who: str) -> Iterator[tuple[str, str]]:
    """What else there is to know, as (name, value), without what is not known."""
    alert = notice.alert
    given = {
        "customer" if is_person(alert) else "about": f"{who}{' (VIP)' if alert.vip else ''}",
        "segment": alert.segment or "",
        "numbers": numbers(alert),
        "clears when": alert.clears,
        "warns of": alert.warns_of,
        "opened": moment(alert.opened),
        "routing": notice.why,
        "alert": alert.id,
    }
    return ((name, line(value)) for name, value in given.items() if value)


def numbers(alert: Alert) -> str:
    return ", ".join(f"{name} {value}" for name, value in alert.numbers.items())


def moment(ms: int) -> str:
    """A time for people, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def rfc3339(ms: int) -> str:
    """A time for programs."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
