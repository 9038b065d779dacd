"""CloudEvents: one a record, one a line; append times of files; what is damaged is said or passed on."""

from __future__ import annotations

import gzip
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
from stream.sources.cloudevents import SOURCE


def event(second: int, **more: Any) -> dict[str, Any]:
    time = f"1970-01-01T00:00:{second:02}Z"
    whole = {"specversion": "1.0", "id": "e", "source": "s", "type": "ticket.resolved", "time": time, "subject": "c"}
    return {**whole, "data": {"ticket": "T"}, **more}


def lines(*values: Any) -> bytes:
    return b"".join((v if isinstance(v, bytes) else msgspec.json.encode(v)) + b"\n" for v in values)


def heard(value: bytes | None) -> Any:
    return SOURCE.parse(Record("raw.cloudevents", 0, 0, 0, None, value))


def test_a_record_is_one_event_or_a_reject() -> None:
    (said,) = heard(msgspec.json.encode(event(1)))
    assert isinstance(said, TYPES["ticket.resolved"])
    assert heard(b"{}") == Reject(Reason.MALFORMED, "Object missing required field `type`")


@given(st.binary(max_size=64) | st.none())
def test_parsing_is_total(value: bytes | None) -> None:
    assert isinstance(heard(value), Reject)


def test_without_at_the_append_time_is_the_largest_event_time_so_far(tmp_path: Path) -> None:
    """Of this line too; a line that is no event, or has a naive time, moves nothing."""
    bad = [b"junk", b'{"time":"1970-01-01T00:00:59"}', b"[]", b'{"time":"1969-12-31T23:59:59Z"}']
    (tmp_path / "f.ndjson").write_bytes(lines(b"junk", event(5), event(3), *bad, event(9)))
    read = list(SOURCE.read(tmp_path / "f.ndjson"))
    assert [at for at, _ in read] == [0, 5000, 5000, 5000, 5000, 5000, 5000, 9000]
    assert [value for _, value in read][3:7] == bad


def test_at_is_the_append_time_and_the_events_bytes_are_untouched(tmp_path: Path) -> None:
    """Its own time still counts for the lines after it that say none."""
    inner = b'{ "time": "1970-01-01T00:00:07Z" , "x":1}'
    path = tmp_path / "f.ndjson"
    path.write_bytes(lines(b'{"at":"1970-01-01T01:00:08.5+01:00","event":' + inner + b"}", event(2)))
    assert list(SOURCE.read(path)) == [(8500, inner), (7000, lines(event(2)).strip())]


def test_a_line_with_a_bad_at_stays_whole(tmp_path: Path) -> None:
    """So that it becomes a dead letter: its place in time is not known."""
    bad = [{"at": "soon", "event": event(1)}, {"at": "1970-01-01T00:00:08", "event": event(1)}]
    (tmp_path / "f.ndjson").write_bytes(lines(*bad))
    assert list(SOURCE.read(tmp_path / "f.ndjson")) == [(0, msgspec.json.encode(line)) for line in bad]
    assert all(isinstance(heard(value), Reject) for _, value in SOURCE.read(tmp_path / "f.ndjson"))


def test_gzip_windows_line_ends_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    """By its content, not its name; the last line needs no end."""
    one = msgspec.json.encode(event(1))
    path = tmp_path / "f.anything"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + one + b"\r\n\r\n  \n" + one))
    assert list(SOURCE.read(path)) == [(1000, one)] * 2


def test_a_gzip_file_that_is_cut_off_or_damaged_names_itself(tmp_path: Path) -> None:
    """What came before the cut was read."""
    whole = gzip.compress(lines(*(event(n % 60, id=f"{n * n * 7919}") for n in range(5000))))
    path = tmp_path / "f.ndjson.gz"
    path.write_bytes(whole[: len(whole) // 2])
    records = SOURCE.read(path)
    assert next(records)[0] == 0
    with pytest.raises(SourceFault, match=r"f\.ndjson\.gz: the gzip file is cut off"):
        list(records)
    path.write_bytes(whole[:1000] + bytes(100) + whole[1100:])
    with pytest.raises(SourceFault, match=r"f\.ndjson\.gz: the gzip file is damaged"):
        list(SOURCE.read(path))


def test_files_that_can_not_be_opened_and_mappings_that_have_no_use(tmp_path: Path) -> None:
    with pytest.raises(SourceFault, match="absent: No such file or directory"):
        list(SOURCE.read(tmp_path / "absent"))
    with pytest.raises(SourceFault, match="Is a directory"):
        list(SOURCE.read(tmp_path))
    text = 'source = "s"\n[case]\nticket = "t"\ncustomer = "c"\nchannel = "x"\nresolved = { a = "b" }'
    with pytest.raises(SourceFault, match="takes no mapping"):
        list(SOURCE.read(tmp_path / "f", parse(text, "m")))
