"""Any program that takes a POST: one signed JSON message for every change of an alert (docs/webhook.md).

Signed as Standard Webhooks say (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body, so a message can
be neither forged, nor altered, nor kept and played again later. A repeat has the same `webhook-id` and the same body.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from stream.claims import Alert
from stream.infra.posting import Posting
from stream.infra.sinks import Clock, Link, Outcome, Telling, nowhere
from stream.infra.wording import rfc3339
from stream.notices import Notice

PREFIX = "whsec_"  # of a key that is given in base64

# Not passed on: `trail` says more of the customer than an alert needs, `max_severity` and `run` are the pipe's own.
_FIELDS = tuple(name for name in Alert.__struct_fields__ if name not in ("trail", "max_severity", "run"))


class Webhook(Telling, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`secret_file` holds the key, or several, one a line (docs/webhook.md)."""

    name: str = "webhook"
    url: str = ""
    secret_file: str = ""
    timeout: float = 10.0

    def __post_init__(self) -> None:
        if self.url and not self.secret_file:
            raise ValueError("a webhook is signed: name the file with its key as secret_file")

    def ready(self) -> bool:
        return bool(self.url)

    def open(self, clock: Clock, link: Link = nowhere) -> Client:
        return Client(self, clock, link)


class Client(Posting):
    """Each message is signed."""

    async def tell(self, notice: Notice) -> Outcome:
        body = message(notice, self._settings, self._link)
        return await self._poster.post(self._settings.url, body, self._signed(notice.key, body))

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        """The keys are read each time: they may be renewed under way."""
        keys = read_keys(Path(self._settings.secret_file).read_bytes())
        return headers(key, int(self._clock()), body, keys)


def message(notice: Notice, settings: Webhook, link: Link = nowhere) -> bytes:
    """The body: what happened, how loud it is, and the alert. All times are ms, but `timestamp`."""
    alert: dict[str, Any] = {name: getattr(notice.alert, name) for name in _FIELDS}
    alert["subject"] = settings.who(notice.alert)
    said = {
        "type": f"alert.{notice.kind}",
        "timestamp": rfc3339(notice.alert.changed),
        "key": notice.key,
        "severity": notice.severity.name,
        "routing": notice.why,
        "judge": link(notice.alert),
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
