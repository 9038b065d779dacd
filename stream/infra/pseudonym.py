"""What stands for a customer outside the log: in lines for people, in messages that travel."""

from __future__ import annotations

import hmac
from hashlib import blake2b, sha256

from stream.claims import Alert
from stream.notices import head_of, is_watch


def pseudonym(subject: str, key: str = "") -> str:
    """The same 16 hex digits for the same subject: HMAC-SHA256 under `key`, which nobody can list without it.

    Without a key it is a bare hash: it hides a name from a glance, not from somebody who has the list of customers.
    What is no person (`all`, `segment:smb`, `company:acme`) is left as it is.
    """
    if subject == "all" or subject.startswith(("segment:", "company:")):
        return subject
    if key:
        return hmac.new(key.encode(), subject.encode(), sha256).hexdigest()[:16]
    return blake2b(subject.encode(), digest_size=8).hexdigest()


def is_person(alert: Alert) -> bool:
    """Whether an alert is about a customer; else it is about a cut (`topic:billing`), or about all."""
    return not is_watch(head_of(alert))
