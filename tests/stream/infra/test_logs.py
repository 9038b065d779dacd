"""Log lines say what happened, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from stream.infra.logs import HIDDEN, Redact, Repeats, setup

SECRET = "hunter2-very-secret"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(style: str = "json", secrets: tuple[str, ...] = ()) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    setup("debug", style=style, secrets=secrets, stream=stream)
    return logging.getLogger("journeywatch.test"), stream


def test_a_line_is_one_json_object() -> None:
    log, stream = logged()
    log.warning("two\nlines of %s", "text", extra={"fields": {"alert": "a1", "level": "mine", "n": 3}})
    [line] = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "warning",
        "logger": "journeywatch.test",
        "message": "two\nlines of text",
        "alert": "a1",
        "n": 3,
    }


def test_a_line_for_people_is_short() -> None:
    log, stream = logged("words")
    log.info("it goes well")
    assert stream.getvalue().endswith(" info test: it goes well\n")


@pytest.mark.parametrize("style", ["json", "words"])
def test_a_trace_is_kept_without_its_secrets(style: str) -> None:
    log, stream = logged(style)
    error = OSError(f"no way to redis://user:{SECRET}@host:6379/0")
    log.error("failed", exc_info=error, stack_info=True)
    assert SECRET not in stream.getvalue()
    assert "OSError: no way" in stream.getvalue()
    assert "test_logs.py" in stream.getvalue()
    assert f"redis://user:{HIDDEN}@host:6379/0" in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"redis://:{SECRET}@localhost:6379",
        f"redis://:{SECRET}/{SECRET}@localhost:6379",
        f"https://me:{SECRET}@example.org/x?y=1",
        f"password={SECRET}",
        f"Password: {SECRET}, user: me",
        f"{{'sasl_plain_password': '{SECRET}', 'user': 'me'}}",
        f'{{"api_key": "{SECRET} and more"}}',
        f"JOURNEYWATCH_REDIS__PASSWORD={SECRET}",
        f"client_secret={SECRET}&grant=x",
        f"Authorization: Basic {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"sent bearer {SECRET} to it",
        f"access_token='{SECRET}'",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    shown = Redact().redact(text)
    assert SECRET not in shown
    assert "and more" not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "the token has expired",
        "token_file=/run/secrets/x",
        "https://example.org:8080/a@b",
        "bearer of bad news",
        "opened http://127.0.0.1:9093/api",
        "customer wrote: a password was asked for twice",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert Redact().redact(text) == text


def test_known_secrets_are_hidden_wherever_they_stand() -> None:
    log, stream = logged(secrets=(SECRET, "abc", SECRET[:8]))
    log.info("x%sx", SECRET, extra={"fields": {"deep": [{"v": SECRET}], "why": f"password={SECRET}"}})
    log.info("%s", {"a": SECRET})
    assert SECRET not in stream.getvalue()
    assert SECRET[8:] not in stream.getvalue(), "the longest is hidden first, whole"
    Redact(("abc",))
    assert Redact(("abc",)).redact("abcdef") == "abcdef", "three letters would hide half of every line"


def test_wrong_settings_are_said() -> None:
    with pytest.raises(ValueError, match="log level 'loud'"):
        setup("loud")
    with pytest.raises(ValueError, match="log style 'xml'"):
        setup(style="xml")


def said_at(
    repeats: Repeats, second: float, words: str, level: int = logging.ERROR, logger: str = "aiokafka"
) -> str | None:
    """The line as it goes out; None if it is left out."""
    record = logging.LogRecord(logger, level, "f.py", 1, words, (), None)
    record.created = second
    return record.getMessage() if repeats.filter(record) else None


def test_of_lines_that_differ_by_their_numbers_a_few_go_out_and_the_rest_is_counted() -> None:
    repeats = Repeats()
    out = [said_at(repeats, n / 100, f"no answer from node {n}") for n in range(900)]
    assert [line for line in out if line] == [f"no answer from node {n}" for n in range(Repeats.MOST)]
    assert said_at(repeats, 9.5, "something else") == "something else"
    assert said_at(repeats, 10.0, "no answer from node 1") == "no answer from node 1 (895 more like this before)"
    assert said_at(repeats, 10.1, "no answer from node 2") == "no answer from node 2"


def test_a_line_of_another_level_is_another_kind_and_debug_is_whole() -> None:
    repeats = Repeats()
    levels = [logging.WARNING, logging.ERROR, logging.DEBUG]
    assert [sum(said_at(repeats, 0, "x", level) is not None for _ in range(20)) for level in levels] == [5, 5, 20]


def test_a_clock_that_is_set_back_silences_nothing_for_long() -> None:
    repeats = Repeats()
    for _ in range(20):
        said_at(repeats, 1_000.0, "x")
    assert said_at(repeats, 500.0, "x") == "x (15 more like this before)"


def test_every_line_of_our_own_goes_out() -> None:
    repeats = Repeats()
    lines = [f"alert {n} opened" for n in range(50)]
    assert [said_at(repeats, 0, line, logger="journeywatch.alerts") for line in lines] == lines
