"""Log lines: JSON, one object a line, or short words on a terminal. Secrets never reach either."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

HIDDEN = "***"
_QUOTED = r"""(?:"[^"]*"|'[^']*'|[^\s"',;&)}\]]+)"""
_NUMBERS = re.compile(r"\d+")
_PATTERNS = (
    # scheme://user:password@host, the password perhaps with a slash in it; but a port and a path are none
    (re.compile(r"(\w://[^\s/@:]*:)(?!\d+/)[^\s@]+(@)"), rf"\1{HIDDEN}\2"),
    (re.compile(r"(authorization[\"']?\s*[:=]\s*[\"']?)(?:\w+\s+)?[^\s\"',]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(\bbearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    # password=..., 'api_key': '...', JOURNEYWATCH_REDIS__PASSWORD=...
    (
        re.compile(
            rf"(\w*(?:password|passwd|secret|token|api_?key|pseudonym_key)[\"']?\s*[:=]\s*){_QUOTED}", re.IGNORECASE
        ),
        rf"\1{HIDDEN}",
    ),
)


class Redact(logging.Filter):
    """Rewrites whatever a record would show: the words, the traceback, `extra={"fields": {...}}`.

    `secrets` are hidden wherever they stand; beside them, what looks like a password, a token or a URL with one.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        # The longest first: one may be a part of another. Very short ones would hide half of every line.
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.redact(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)
        if hasattr(record, "fields"):
            record.fields = self._any(record.fields)
        return True

    def redact(self, text: str) -> str:
        """`text` without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for pattern, shown in _PATTERNS:
            text = pattern.sub(shown, text)
        return text

    def _any(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {key: self._any(item) for key, item in value.items()}
        return [self._any(item) for item in value] if isinstance(value, (list, tuple)) else value


class Repeats(logging.Filter):
    """Lets `MOST` lines of a kind through in `SPAN` seconds; the next one after that tells how many were left out.

    A kind = logger, level, and the words without their numbers. An outage of Kafka is said by a dozen clients, a dozen
    times a second each. Only for the libraries' lines: each of our own is said on purpose, alerts among them.
    """

    MOST, SPAN = 5, 10.0

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[tuple[str, int, str], tuple[float, int]] = {}  # when the span began, lines in it

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] == "journeywatch" or record.levelno <= logging.DEBUG:
            return True
        kind = (record.name, record.levelno, _NUMBERS.sub("#", record.getMessage()))
        since, lines = self._kinds.get(kind, (record.created, 0))
        if abs(record.created - since) >= self.SPAN:
            self._forget(record.created)
            if lines > self.MOST:
                record.msg, record.args = f"{record.getMessage()} ({lines - self.MOST} more like this before)", ()
            since, lines = record.created, 0
        self._kinds[kind] = since, lines + 1
        return lines < self.MOST

    def _forget(self, now: float) -> None:
        for kind in [kind for kind, (since, _) in self._kinds.items() if abs(now - since) > 60 * self.SPAN]:
            del self._kinds[kind]


class JsonLines(logging.Formatter):
    """`time` (RFC 3339, ms, UTC), `level`, `logger`, `message`, the record's `fields`, and `error` with its trace."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in getattr(record, "fields", {}).items() if name not in line}
        if error := _trace(record):
            line["error"] = error
        return json.dumps(line, ensure_ascii=False, default=str)


class Words(logging.Formatter):
    """`14:03:22 warning delivery: sink alertmanager is down`, in local time, and the trace below."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        name = record.name.removeprefix("journeywatch.")
        line = f"{time} {record.levelname.lower()} {name}: {record.getMessage()}"
        error = _trace(record)
        return f"{line}\n{error}" if error else line


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
    return "\n".join(part for part in (record.exc_text, record.stack_info) if part)


def setup(
    level: str = "info", *, style: str = "auto", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> logging.Handler:
    """Sends all logging to `stream` (stderr), redacted; returns the handler.

    `style`: json, words, or auto = words on a terminal. Raises ValueError for another level or style.
    """
    if style not in ("auto", "json", "words"):
        raise ValueError(f"log style {style!r}: one of auto, json, words")
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"log level {level!r}: one of debug, info, warning, error, critical")
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    words = style == "words" or (style == "auto" and stream.isatty())
    handler.setFormatter(Words() if words else JsonLines())
    handler.addFilter(Redact(secrets))
    handler.addFilter(Repeats())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(number)
    return handler
