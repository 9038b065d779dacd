"""Slack, by an incoming webhook: one message when an alert opens or becomes louder, one when it is over.

A webhook only posts: a message can not be changed afterwards, so the end is a message of its own. What comes from the
data is escaped and marked verbatim: it can mention nobody. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from stream.infra.posting import Posting
from stream.infra.sinks import DELIVERED, Clock, Link, Outcome, Telling, nowhere, secret
from stream.infra.wording import facts, is_news, line, state
from stream.notices import Notice

TEXT = 2_900  # characters of a block; Slack takes 3,000
_MARKS = {"page": ":rotating_light:", "queue": ":large_yellow_circle:", "info": ":information_source:"}
_OVER = ":white_check_mark:"
_ENDED = ("customer", "about", "alert")
_OPEN = (*_ENDED, "segment", "numbers", "clears when", "routing")


class Slack(Telling, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`url_file` holds the webhook's address, which is a secret: whoever has it may post."""

    name: str = "slack"
    url_file: str = ""
    severity: Literal["info", "queue", "page"] = "page"
    timeout: float = 10.0

    def ready(self) -> bool:
        return bool(self.url_file)

    def open(self, clock: Clock, link: Link = nowhere) -> Client:
        return Client(self, clock, link)


class Client(Posting):
    """One at a time: Slack takes about one a second, and says when it wants a pause."""

    at_once = 1

    async def tell(self, notice: Notice) -> Outcome:
        if not is_news(notice):
            return DELIVERED
        url = secret(self._settings.url_file)
        return await self._poster.post(url, msgspec.json.encode(message(notice, self._settings, self._link)))


def message(notice: Notice, settings: Slack, link: Link = nowhere) -> dict[str, Any]:
    """First what happened, then one small line of what else there is to know. `text` is for notifications."""
    alert = notice.alert
    mark = _OVER if notice.kind == "resolve" else _MARKS[notice.severity.name]
    head = f"{state(notice)}: {alert.signal}"
    small = " · ".join(f"{name} {_escaped(value)}" for name, value in _small(notice, settings.who(alert)))
    page = "" if notice.kind == "resolve" else link(alert)
    blocks = [
        {"type": "section", "text": _text(f"{mark} *{_escaped(head)}*\n{_escaped(line(alert.text))}")},
        {
            "type": "context",
            "elements": [_text(small), *([_text(f"<{page}|Useful, noise or known?>")] if page else [])],
        },
    ]
    return {"text": _escaped(f"{head}: {line(alert.text)}")[:TEXT], "blocks": blocks}


def _small(notice: Notice, who: str) -> Iterator[tuple[str, str]]:
    shown = _ENDED if notice.kind == "resolve" else _OPEN
    return ((name, value) for name, value in facts(notice, who) if name in shown)


def _text(words: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": words[:TEXT], "verbatim": True}


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


SINK = Slack()
