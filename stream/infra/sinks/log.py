"""The log as a sink: one line for every change of an alert."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal

from stream.claims import Severity
from stream.infra.sinks import DELIVERED, Clock, Link, OneByOne, Outcome, Telling, nowhere
from stream.notices import Notice

_LEVELS = {Severity.page: logging.WARNING, Severity.queue: logging.INFO, Severity.info: logging.INFO}
_log = logging.getLogger("journeywatch.alerts")


class Log(Telling, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Told of everything by default."""

    name: str = "log"
    enabled: bool = True
    severity: Literal["info", "queue", "page"] = "info"

    def ready(self) -> bool:
        return self.enabled

    def open(self, clock: Clock, link: Link = nowhere) -> Lines:
        return Lines(self)


class Lines(OneByOne):
    """Writes to the logger `journeywatch.alerts`; a page is a warning, everything else an info."""

    def __init__(self, settings: Log) -> None:
        self._settings = settings

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        for notice in notices:
            self._write(notice)
        return [DELIVERED] * len(notices)

    def _write(self, notice: Notice) -> None:
        alert = notice.alert
        fields = {
            "alert": alert.id,
            "signal": alert.signal,
            "subject": self._settings.who(alert),
            "severity": notice.severity.name,
            "status": alert.status,
            "key": notice.key,
            "numbers": alert.numbers,
        }
        if notice.why:
            fields["why"] = notice.why
        level = _LEVELS[notice.severity] if notice.kind == "open" else logging.INFO
        words = (notice.kind, alert.signal, notice.severity.name, fields["subject"], alert.text)
        _log.log(level, "alert %s: %s (%s) %s: %s", *words, extra={"fields": fields})


SINK = Log()
