"""A help page that sends its readers to the desk: `kpi_fell` on content_to_ticket, content by content.

A view is followed by a ticket within 24 h or not: while it is young it looks better, so a young window tells late,
never wrongly. Article 004 asks for it; no other system has it as an alert.
"""

from __future__ import annotations

from typing import Literal

from stream.claims import Severity
from stream.falls import KpiFell


class ContentFailing(KpiFell):
    name = "content_failing"
    warns_of = "-"
    kpi = "content_to_ticket"
    cut: str | None = "content"
    better: Literal["higher", "lower"] = "lower"
    severity: Severity = Severity.queue


WATCH = ContentFailing()
