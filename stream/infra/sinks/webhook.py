"""Any program that takes a POST: one signed JSON message for every change of an alert (docs/webhook.md).

Signed as Standard Webhooks say (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body, so a message can
be neither forged, nor altered, nor kept and played again later. A repeat has the same `webhook-id` and the same body.
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from stream.claims import Alert, Severity
from stream.infra.posting import Poster
from stream.infra.pseudonym import pseudonym
from stream.infra.sinks import DELIVERED, Clock, Outcome
from stream.notices import Notice

AT_ONCE = 8  # messages on their way, each about another alert
PREFIX = "whsec_"  # of a key that is given in base64

# Not passed on: `trail` says more of the customer than an alert needs, `max_severity` and `run` are the pipe's own.
_FIELDS = tuple(name for name in Alert.__struct_fields__ if name not in ("trail", "max_severity", "run"))


class Webhook(Struct, frozen=True, forbid_unknown_fields=True):
    """`severity`: the least that is told. `secret_file` holds the key, or several, one a line (docs/webhook.md).

    `subject`: whether customers go by their own key or by a pseudonym under `pseudonym_key`. What the receiver
    rejects is also appended to `dead_letters`, a file of JSON lines, with its answer.
    """

    name: str = "webhook"
    url: str = ""
    secret_file: str = ""
    severity: Literal["info", "queue", "page"] = "queue"
    timeout: float = 10.0
    subject: Literal["pseudonym", "plain"] = "pseudonym"
    pseudonym_key: str = ""
    dead_letters: str = ""

    def __post_init__(self) -> None:
        if self.url and not self.secret_file:
            raise ValueError("a webhook is signed: name the file with its key as secret_file")

    @property
    def least(self) -> Severity:
        return Severity[self.severity]

    @property
    def repeat(self) -> int:
        return 0

    def ready(self) -> bool:
        return bool(self.url)

    def open(self, clock: Clock) -> Client:
        return Client(self, clock)


class Client:
    """Posts message by message; what an answer means is said in `stream.infra.posting`."""

    def __init__(self, settings: Webhook, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._poster = Poster(settings.url, settings.timeout, clock)

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        """A few at once: no two of a batch are about the same alert. After the first that failed no more are tried."""
        outcomes: list[Outcome] = []
        for start in range(0, len(notices), AT_ONCE):
            outcomes += await asyncio.gather(*map(self._tell, notices[start : start + AT_ONCE]))
            if failed := [outcome for outcome in outcomes if outcome.status == "retry"]:
                longest = max(failed, key=lambda outcome: outcome.after or 0.0)
                return outcomes + [longest] * (len(notices) - len(outcomes))
        return outcomes

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        return DELIVERED

    async def close(self) -> None:
        await self._poster.close()

    async def _tell(self, notice: Notice) -> Outcome:
        body = message(notice, self._settings)
        outcome = await self._poster.post(body, self._signed(notice.key, body))
        if outcome.status == "rejected" and self._settings.dead_letters:
            self._keep(notice, body, outcome)
        return outcome

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        """The keys are read each time: they may be renewed under way."""
        keys = read_keys(Path(self._settings.secret_file).read_bytes())
        return headers(key, int(self._clock()), body, keys)

    def _keep(self, notice: Notice, body: bytes, outcome: Outcome) -> None:
        line = {"at": int(self._clock() * 1000), "key": notice.key, "answer": outcome.detail, "body": msgspec.Raw(body)}
        with Path(self._settings.dead_letters).open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")


def message(notice: Notice, settings: Webhook) -> bytes:
    """The body: what happened, how loud it is, and the alert. All times are ms, but `timestamp`."""
    alert: dict[str, Any] = {name: getattr(notice.alert, name) for name in _FIELDS}
    if settings.subject == "pseudonym":
        alert["subject"] = pseudonym(notice.alert.subject, settings.pseudonym_key)
    changed = datetime.fromtimestamp(notice.alert.changed / 1000, UTC).isoformat(timespec="milliseconds")
    said = {
        "type": f"alert.{notice.kind}",
        "timestamp": changed.replace("+00:00", "Z"),
        "key": notice.key,
        "severity": notice.severity.name,
        "routing": notice.why,
        "alert": alert,
    }
    return msgspec.json.encode(said)


def headers(key: str, now: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """`now` in seconds. One signature for each key: the receiver may know the old one or the new one."""
    signed = b".".join((key.encode(), str(now).encode(), body))
    signatures = (b64encode(hmac.digest(secret, signed, sha256)).decode() for secret in keys)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def read_keys(text: bytes) -> list[bytes]:
    """The keys in a file, one a line: `whsec_` and base64, or the bytes themselves. Raises ValueError without any."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("the file with the webhook's key is empty")
    prefix = PREFIX.encode()
    return [b64decode(line.removeprefix(prefix), validate=True) if line.startswith(prefix) else line for line in lines]


SINK = Webhook()
