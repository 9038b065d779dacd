"""Prometheus Alertmanager, API v2: it groups, silences, inhibits and routes to people; none of that is done here.

An alert there *is* its labels, so they hold only what never changes in its life, and its severity: a change of
severity resolves the old label set and opens the new one. Everything else is an annotation, where the latest wins.
An active alert ends by itself 3 min after it was last said (`endsAt`), so it is said again every minute, and a
worker that is gone leaves nothing burning. https://prometheus.io/docs/alerting/latest/alerts_api/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import field

from stream.claims import Alert, Severity
from stream.infra.posting import Poster
from stream.infra.sinks import Clock, Link, OneByOne, Outcome, Telling, nowhere, secret
from stream.infra.wording import numbers, rfc3339
from stream.notices import Notice

HOLDS = 180  # s that an active alert lasts without being said again


class Alertmanager(Telling, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`url` without `/api/v2`; `labels` are added to all alerts, as Prometheus adds its external labels.

    `token_file` holds a bearer token. `link` is a template of a page about an alert: "https://.../{id}".
    """

    name: str = "alertmanager"
    url: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    token_file: str = ""
    timeout: float = 10.0
    link: str = ""

    @property
    def repeat(self) -> int:
        return HOLDS // 3

    def ready(self) -> bool:
        return bool(self.url)

    def open(self, clock: Clock, link: Link = nowhere) -> Client:
        return Client(self, clock, link)


class Client(OneByOne):
    """Posts batches; what an answer means is said in `stream.infra.posting`."""

    def __init__(self, settings: Alertmanager, clock: Clock, link: Link = nowhere) -> None:
        self._settings = settings
        self._clock = clock
        self._link = link
        self._url = f"{settings.url.rstrip('/')}/api/v2/alerts"
        self._poster = Poster(settings.timeout, clock)

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        """A batch that is refused is halved until the one at fault stands alone."""
        now = int(self._clock() * 1000)
        posted = [alert for notice in notices for alert in changes(notice, self._settings, now, self._link)]
        outcome = await self._post(posted)
        if outcome.status != "rejected" or len(notices) == 1:
            return [outcome] * len(notices)
        half = len(notices) // 2
        return [*await self.send(notices[:half]), *await self.send(notices[half:])]

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        now = int(self._clock() * 1000)
        return await self._post([_firing(notice, self._settings, now, self._link) for notice in notices])

    async def close(self) -> None:
        await self._poster.close()

    async def _post(self, alerts: list[dict[str, Any]]) -> Outcome:
        return await self._poster.post(self._url, msgspec.json.encode(alerts), self._headers())

    def _headers(self) -> dict[str, str]:
        file = self._settings.token_file
        return {"Authorization": f"Bearer {secret(file)}"} if file else {}


def changes(notice: Notice, settings: Alertmanager, now: int, link: Link = nowhere) -> list[dict[str, Any]]:
    """The API's alerts that bring Alertmanager from what it holds to what the notice says; `now` in ms."""
    if notice.kind == "resolve":
        return [_over(notice.alert, notice.held_as or notice.severity, settings, now)]
    firing = _firing(notice, settings, now, link)
    if notice.held_as is None or notice.held_as is notice.severity:
        return [firing]
    return [_over(notice.alert, notice.held_as, settings, now), firing]


def _firing(notice: Notice, settings: Alertmanager, now: int, link: Link) -> dict[str, Any]:
    alert = notice.alert
    posted = {
        "labels": labels(alert, notice.severity, settings),
        "annotations": _annotations(notice, link(notice.alert)),
        "startsAt": rfc3339(min(alert.opened, now)),
        "endsAt": rfc3339(now + HOLDS * 1000),
    }
    return posted | ({"generatorURL": settings.link.replace("{id}", alert.id)} if settings.link else {})


def _over(alert: Alert, severity: Severity, settings: Alertmanager, now: int) -> dict[str, Any]:
    ended = now - 1000  # surely past, also where the other clock is a little behind
    return {
        "labels": labels(alert, severity, settings),
        "startsAt": rfc3339(min(alert.opened, ended)),
        "endsAt": rfc3339(ended),
    }


def labels(alert: Alert, severity: Severity, settings: Alertmanager) -> dict[str, str]:
    """Identity only: what stays as it is until the alert is over. `journey` is what alerts are grouped by."""
    own = {
        "alertname": alert.signal,
        "alert_id": alert.id,
        "journey": settings.who(alert),
        "signal": alert.signal,
        "severity": severity.name,
    }
    return {**settings.labels, **own}


def _annotations(notice: Notice, judge: str) -> dict[str, str]:
    alert = notice.alert
    said = {
        "summary": alert.text,
        "segment": alert.segment or "",
        "numbers": numbers(alert),
        "evidence": "; ".join(" ".join(map(str, event.values())) for event in alert.evidence),
        "clears": alert.clears,
        "warns_of": alert.warns_of,
        "routing": notice.why,
        "definition": alert.definition,
        "key": notice.key,
        "judge": judge,
    }
    return {name: value for name, value in said.items() if value}


SINK = Alertmanager()
