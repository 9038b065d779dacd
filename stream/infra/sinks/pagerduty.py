"""PagerDuty, Events API v2: an alert is one incident, triggered when it opens and resolved when it is over.

`dedup_key` is the alert, so a repeat of a version changes nothing there and never pages again; an alert that opens
anew is a new incident once the last one is resolved. https://developer.pagerduty.com/docs/events-api-v2/
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from stream.infra.posting import Posting
from stream.infra.sinks import DELIVERED, Clock, Link, Outcome, Telling, nowhere, secret
from stream.infra.wording import facts, is_news, line, rfc3339
from stream.notices import Notice

PREFIX = "journeywatch:"  # of a dedup_key; the alert's id follows
SUMMARY = 1024  # characters that PagerDuty takes
_SEVERITY = {"page": "critical", "queue": "warning", "info": "info"}


class PagerDuty(Telling, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`routing_key_file` holds the integration key of a service; `source` says who speaks."""

    name: str = "pagerduty"
    routing_key_file: str = ""
    url: str = "https://events.pagerduty.com/v2/enqueue"  # of accounts in the EU: events.eu.pagerduty.com
    source: str = "journeywatch"
    severity: Literal["info", "queue", "page"] = "page"
    timeout: float = 10.0

    def ready(self) -> bool:
        return bool(self.routing_key_file)

    def open(self, clock: Clock, link: Link = nowhere) -> Client:
        return Client(self, clock, link)


class Client(Posting):
    """Each message is an event."""

    async def tell(self, notice: Notice) -> Outcome:
        if not is_news(notice):
            return DELIVERED
        said = event(notice, self._settings, self._link)
        said["routing_key"] = secret(self._settings.routing_key_file)
        return await self._poster.post(self._settings.url, msgspec.json.encode(said))


def event(notice: Notice, settings: PagerDuty, link: Link = nowhere) -> dict[str, Any]:
    """The API's event, but for the routing key."""
    alert = notice.alert
    key = {"dedup_key": f"{PREFIX}{alert.id}"}
    if notice.kind == "resolve":
        return {"event_action": "resolve", **key}
    payload = {
        "summary": line(alert.text)[:SUMMARY],
        "source": settings.source,
        "severity": _SEVERITY[notice.severity.name],
        "timestamp": rfc3339(alert.opened),
        "class": alert.signal,
        "group": alert.segment or "",
        "custom_details": dict(facts(notice, settings.who(alert))) | {"version": notice.key},
    }
    said = {"event_action": "trigger", **key, "client": settings.source, "payload": payload}
    return said | ({"links": [{"href": page, "text": "Useful, noise or known?"}]} if (page := link(alert)) else {})


SINK = PagerDuty()
