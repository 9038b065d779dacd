"""Signed links to the page on which people judge an alert: whoever has one may vote on that alert, until it expires.

HMAC-SHA256 over alert and expiry. The link of a version is always the same, so a message that is sent again is too.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from stream.claims import Alert
from stream.summaries import OWN

PATH = "/verdict/{alert}/{until}/{signature}"


class Links:
    """`url` = the public address that `PATH` is under; `valid` = ms from an alert's last change to its links' end."""

    def __init__(self, url: str, key: str, valid: int) -> None:
        self._url = url.rstrip("/")
        self._key = key.encode()
        self._valid = valid

    def __call__(self, alert: Alert) -> str:
        """None for an alert of delivery's own: it speaks for others, which are judged one by one."""
        if alert.signal in OWN:
            return ""
        until = (alert.changed + self._valid) // 1000
        return self._url + PATH.format(alert=alert.id, until=until, signature=self._sign(alert.id, str(until)))

    def is_genuine(self, alert: str, until: str, signature: str, now: float) -> bool:
        """Made under our key, and not expired at `now` (s). Total on any text."""
        if not hmac.compare_digest(self._sign(alert, until).encode(), signature.encode("utf-8", "replace")):
            return False
        return now < int(until)  # it is ours, so it is a number

    def _sign(self, alert: str, until: str) -> str:
        said = f"verdict\0{alert}\0{until}".encode("utf-8", "replace")
        return hmac.new(self._key, said, sha256).hexdigest()[:32]
