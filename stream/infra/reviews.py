"""A verdict of people on an alert, on its way to the log: the canonical event `alert.reviewed`."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec
from msgspec import Struct

from stream.infra.wording import rfc3339

Verdict = Literal["useful", "noise", "known"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SOURCE = "journeywatch/verdicts"
REVIEWABLE = "reviewable"  # the hash in Redis of what is known of each alert


class Reviewable(Struct, frozen=True):
    """As much of an alert (`stream.claims.Alert`) as a verdict needs: what the event names, what people are shown."""

    id: str
    signal: str
    subject: str
    text: str = ""
    status: str = "open"


class Review(Struct, frozen=True):
    """One verdict. `at` = when it was given, ms; `id` names it: a repeat under the same one counts once."""

    about: Reviewable
    verdict: Verdict
    at: int
    id: str
    by: str = ""

    @property
    def key(self) -> bytes:
        """The record's key: whose alert it is."""
        return self.about.subject.encode()

    def event(self) -> bytes:
        """CloudEvents JSON."""
        data = {"alert": self.about.id, "signal": self.about.signal, "verdict": self.verdict}
        said = {
            "specversion": "1.0",
            "id": self.id,
            "source": SOURCE,
            "type": "alert.reviewed",
            "time": rfc3339(self.at),
            "subject": self.about.subject,
            "data": data | ({"by": self.by} if self.by else {}),
        }
        return msgspec.json.encode(said)
