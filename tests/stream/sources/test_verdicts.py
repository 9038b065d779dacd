"""Verdicts: that and nothing else gets in by this topic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.event import TYPES
from stream.mapping import parse
from stream.record import Reason, Record, Reject
from stream.sources import SourceFault
from stream.sources.verdicts import SOURCE
from tests.support.tools import ROOT

VERDICT = {"alert": "a1", "signal": "low_score", "verdict": "useful"}


def event(second: int = 1, type_: str = "alert.reviewed", data: Any = VERDICT) -> bytes:
    time = f"1970-01-01T00:00:{second:02}Z"
    whole = {"specversion": "1.0", "id": "e", "source": "s", "type": type_, "time": time, "subject": "c", "data": data}
    return msgspec.json.encode(whole)


def heard(value: bytes | None) -> Any:
    return SOURCE.parse(Record("raw.verdicts", 0, 0, 0, None, value))


def test_a_verdict_is_taken() -> None:
    (said,) = heard(event())
    assert isinstance(said, TYPES["alert.reviewed"])


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        (event(type_="ticket.resolved", data={"ticket": "T"}), Reason.INVALID, "ticket.resolved is no verdict"),
        (event(type_="customer.erased", data={}), Reason.INVALID, "customer.erased is no verdict"),
        (event(data={**VERDICT, "verdict": "maybe"}), Reason.MALFORMED, "verdict"),
    ],
)
def test_nothing_else_is(value: bytes, reason: Reason, words: str) -> None:
    said = heard(value)
    assert said.reason is reason
    assert words in said.detail


@given(st.binary(max_size=64) | st.none())
def test_parsing_is_total(value: bytes | None) -> None:
    assert isinstance(heard(value), Reject)


def test_a_file_of_them(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.ndjson"
    file.write_bytes(b"\n".join([b"junk", event(5), b"", event(3), event(9)]))
    assert [at for at, _ in SOURCE.read(file)] == [0, 5_000, 5_000, 9_000]
    file.write_bytes(b'\xef\xbb\xbf{"at":"1970-01-01T00:01:00Z","event":' + event(5) + b"}\r\n")
    assert list(SOURCE.read(file)) == [(60_000, event(5))]
    mapping = parse((ROOT / "examples" / "helpdesk.toml").read_text(), "m.toml")
    with pytest.raises(SourceFault, match="takes no mapping"):
        list(SOURCE.read(file, mapping))
