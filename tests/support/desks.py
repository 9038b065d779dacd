"""PagerDuty and Slack as their documentation describes them, and an SMTP server, each on this machine.

Each takes only what the real one would take, and answers as it would; `script` makes it fail first, as in
`ScriptedServer`.
"""

from __future__ import annotations

import hmac
import json
from asyncio.base_events import Server
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.web import ScriptedServer

Answer = tuple[int, Mapping[str, str]] | None


class PagerDuty(ScriptedServer):
    """Events API v2: https://developer.pagerduty.com/docs/send-alert-event. `pages` = incidents opened, in order."""

    def __init__(self, key: str, *script: Answer) -> None:
        super().__init__(*script)
        self.key = key
        self.pages: list[dict[str, Any]] = []
        self.open: dict[str, dict[str, Any]] = {}  # by dedup_key

    def answer(self, request: web.Request, body: Any) -> web.Response:
        if errors := self._errors(body):
            said = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            return web.json_response(said, status=400)
        key = body["dedup_key"]
        if body["event_action"] == "resolve":
            self.open.pop(key, None)
        elif key not in self.open:
            self.open[key] = body
            self.pages.append(body)
        said = {"status": "success", "message": "Event processed", "dedup_key": key}
        return web.json_response(said, status=202)

    def _errors(self, body: Any) -> list[str]:
        if body.get("routing_key") != self.key:
            return ["invalid or missing routing key"]
        if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
            return ["'event_action' is missing or invalid"]
        if not 0 < len(body.get("dedup_key", "")) <= 255:
            return ["'dedup_key' is missing or too long"]
        if body["event_action"] != "trigger":
            return []
        payload = body.get("payload", {})
        missing = [name for name in ("summary", "source", "severity") if not payload.get(name)]
        errors = [f"'payload.{name}' is missing or blank" for name in missing]
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            errors.append("'payload.severity' is invalid (must be one of ['critical', 'warning', 'error', 'info'])")
        if len(payload.get("summary", "")) > 1024:
            errors.append("'payload.summary' is too long")
        return errors


def resolved(incident_key: str, event: str = "incident.resolved", id: str = "5ac64822") -> bytes:
    """The body of a webhook v3, as of https://developer.pagerduty.com/docs/webhooks-overview: a person did it."""
    host = "https://acme.pagerduty.com"
    agent = {"html_url": f"{host}/users/PLH1HKV", "id": "PLH1HKV", "summary": "Tenex", "type": "user_reference"}
    data = {
        "id": "PGR0VU2",
        "type": "incident",
        "html_url": f"{host}/incidents/PGR0VU2",
        "number": 2,
        "status": "resolved",
        "incident_key": incident_key,
        "title": "A little bump in the road",
        "priority": None,
        "assignees": [],
    }
    what = {"id": id, "event_type": event, "resource_type": "incident", "occurred_at": "2020-10-02T18:45:22.169Z"}
    return json.dumps({"event": {**what, "agent": agent, "client": None, "data": data}}).encode()


def signature(body: bytes, secret: str) -> str:
    """The header X-PagerDuty-Signature."""
    return f"v1={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"


class Slack(ScriptedServer):
    """An incoming webhook at `url`: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""

    PATH = "/services/T000/B000/s3cr3t"

    @property
    def url(self) -> str:
        return super().url + self.PATH

    def answer(self, request: web.Request, body: Any) -> web.Response:
        if request.path != self.PATH:
            return web.Response(status=404, text="no_service")
        if not body.get("text"):
            return web.Response(status=400, text="no_text")
        return web.Response(text="ok") if self._are_well(body["blocks"]) else self._invalid()

    def _invalid(self) -> web.Response:
        return web.Response(status=400, text="invalid_blocks")

    def _are_well(self, blocks: list[dict[str, Any]]) -> bool:
        texts = [block["text"] for block in blocks if block["type"] == "section"]
        texts += [text for block in blocks if block["type"] == "context" for text in block["elements"]]
        return all(text["type"] == "mrkdwn" and 0 < len(text["text"]) <= 3_000 for text in texts)


class MailServer(Controller):
    """An SMTP server; `mails` = (recipients, bytes) of what it took, `script` = replies to the next messages."""

    def __init__(self, *script: str, password: str = "", **options: Any) -> None:
        self.script = list(script)
        self.refused: dict[str, str] = {}  # recipient -> reply
        self.mails: list[tuple[list[str], bytes]] = []
        self._password = password
        if password:
            options |= {"authenticator": self._authenticate, "auth_required": True}
        super().__init__(self, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        """It chose the port itself: only now it is known which."""
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def handle_RCPT(  # noqa: N802  the name that aiosmtpd looks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.refused.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  likewise
        if self.script and (reply := self.script.pop(0)):
            return reply
        self.mails.append((envelope.rcpt_tos, envelope.original_content or b""))
        return "250 OK"

    def _authenticate(self, *given: Any) -> AuthResult:
        data = given[-1]
        good = isinstance(data, LoginPassword) and data.password == self._password.encode()
        return AuthResult(success=good, handled=False)
