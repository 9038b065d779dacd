"""A process log's rows become events: opened, transferred, resolved, reopened, and what else a mapping names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.event import decode, millis
from stream.faults import Faults
from stream.mapping import Mapping, Unmapped, filled, fits, parse
from stream.record import Reject

TEXT = """
source = "log"
[case]
ticket = "{case:id}"
customer = "customer of {case:id}"
channel = "desk"
topic = "{topic}"
team = "{team}"
resolved = { act = "Done*" }
ignored = { act = ["Note", "Close*"] }
[[also]]
type = "ticket.waiting"
when = { act = "Wait", on = "*" }
data = { on = "{on}" }
"""
MAPPING = parse(TEXT, "m.toml")
START = datetime(2026, 1, 1, tzinfo=UTC)
RANK = {"ticket.opened": 0, "ticket.resolved": 3, "ticket.reopened": 4}


def row(second: float, act: str, team: str | None = "a", **more: Any) -> dict[str, Any]:
    time = (START + timedelta(seconds=second)).isoformat()
    return {"case:id": "7", "time:timestamp": time, "act": act, "team": team, **more}


def told(*rows: dict[str, Any], mapping: Mapping = MAPPING) -> list[tuple[int, str, dict[str, Any]]]:
    """(ms after the start, type, payload without the ticket) of each event; all of them decode."""
    out = []
    for at, event in mapping.events(rows):
        said = decode(msgspec.json.encode(event))
        assert not isinstance(said, Reject), said
        assert millis(said.time) == at
        data = {name: value for name, value in event["data"].items() if name != "ticket"}
        out.append((at - millis(START), event["type"][7:], data))
    return out


def test_a_case_from_opening_to_the_second_resolve() -> None:
    """The first row opens under its team; Done while resolved says nothing new; any other row reopens."""
    rows = [
        row(0, "New", topic="bill"),
        row(1, "Work", "b"),
        row(2, "Done"),
        row(3, "Done!"),
        row(4, "Work"),
        row(5, "Done"),
    ]
    assert told(*rows) == [
        (0, "opened", {"channel": "desk", "topic": "bill", "team": "a"}),
        (1000, "transferred", {"to_team": "b", "from_team": "a"}),
        (2000, "transferred", {"to_team": "a", "from_team": "b"}),
        (2000, "resolved", {}),
        (4000, "reopened", {}),
        (5000, "resolved", {}),
    ]


def test_one_row_may_open_and_resolve() -> None:
    assert [t for _, t, _ in told(row(0, "Done"))] == ["opened", "resolved"]


def test_a_row_that_moves_and_reopens_moves_first() -> None:
    """By rank, as the steps of one instant sort."""
    assert [t for _, t, _ in told(row(0, "Done"), row(1, "Work", "b"))] == [
        "opened",
        "resolved",
        "transferred",
        "reopened",
    ]


def test_ignored_rows_neither_open_move_nor_reopen() -> None:
    rows = [row(0, "Note"), row(1, "New"), row(2, "Done"), row(3, "Closed", "b"), row(4, "Note", "c")]
    assert [(at, t) for at, t, _ in told(*rows)] == [(1000, "opened"), (2000, "resolved")]
    assert told(row(0, "Note")) == []


def test_a_team_that_a_row_does_not_name_is_no_change() -> None:
    """A first team after an opening without one has no from_team."""
    rows = [row(0, "New", None), row(1, "Work", "b"), row(2, "Work", None), row(3, "Work", "b"), row(4, "Work", "")]
    assert told(*rows) == [(0, "opened", {"channel": "desk"}), (1000, "transferred", {"to_team": "b"})]


def test_more_events_for_rows_that_fit() -> None:
    """All of `when` must fit, * is any text, and a missing attribute fits nothing."""
    rows = [row(0, "New"), row(1, "Wait", on="vendor"), row(2, "Wait"), row(3, "wait", on="vendor")]
    assert told(*rows)[1:] == [(1000, "waiting", {"on": "vendor"})]


@pytest.mark.parametrize(
    ("pattern", "text", "fit"),
    [
        ("Done*", "Done", True),
        ("*one*", "Done, all", True),
        ("D*e", "D\ne", True),
        ("[x]?", "[x]?", True),
        ("[x]?", "xy", False),
        ("done", "Done", False),
        ("5", 5, True),
        (["a", "b*"], "bc", True),
        ([], "a", False),
    ],
)
def test_patterns(pattern: str | list[str], text: Any, fit: bool) -> None:
    """Only * is special; a list is one of; numbers fit as they are written."""
    assert fits({"act": pattern}, {"act": text}) is fit


def test_templates() -> None:
    """Braces name attributes; one that is missing, or nothing at all, is no value."""
    row = {"a": "x", "b c": 5, "e": ""}
    assert [filled(t, row) for t in ("{a}-{b c}", "{{a}}", "n{o}", "{e}", "  ", "text", None)] == [
        "x-5", "{x}", None, None, None, "text", None,
    ]  # fmt: skip


def test_rows_are_sorted_by_their_instants_stably() -> None:
    """Offsets count: 01:00+02:00 is before 00:00Z."""
    early = row(0, "New") | {"time:timestamp": "2026-01-01T01:00:00+02:00"}
    assert told(row(0, "Done"), early)[0] == (-3_600_000, "opened", {"channel": "desk", "team": "a"})


def test_rows_of_one_instant_keep_their_order() -> None:
    """Where ranks would turn it round, the later row comes 1 ms later; where they would not, nothing is touched."""
    rows = [row(0, "New"), row(0, "Done"), row(0, "Work"), row(0, "Done"), row(0, "Work", "b"), row(0.001, "Work", "c")]
    said = [(at, t) for at, t, _ in told(*rows)]
    assert said == [
        (0, "opened"), (0, "resolved"), (0, "reopened"), (1, "resolved"),
        (2, "transferred"), (2, "reopened"), (3, "transferred"),
    ]  # fmt: skip


ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["Work", "Done", "Note"]), st.sampled_from(["a", "b", None]))
)


@given(ROWS)
def test_sorted_by_time_and_rank_the_events_tell_the_course_of_the_rows(
    rows: list[tuple[int, str, str | None]],
) -> None:
    """The law of ties: what the log's rows say in their order is what the steps say in theirs."""
    timed = sorted(rows, key=lambda r: r[0])
    events = list(MAPPING.events(row(*r) for r in rows))
    steps = sorted(events, key=lambda e: (e[0], RANK.get(e[1]["type"], 1)))
    assert [e for _, e in steps] == [e for _, e in events]
    assert len({e["id"] for _, e in events}) == len(events)
    kept = [r for r in timed if r[1] != "Note"]
    done = [r[1] == "Done" for r in kept]
    turns = sum(now != before for before, now in zip([False, *done], done, strict=False))
    assert sum(e["type"] in ("ticket.resolved", "ticket.reopened") for _, e in events) == turns
    teams = [r[2] for r in kept if r[2]]
    moves = sum(a != b for a, b in pairwise(teams)) + (bool(teams) and kept[0][2] is None)
    assert sum(e["type"] == "ticket.transferred" for _, e in events) == moves


def test_ids_are_the_case_and_the_place_of_the_row() -> None:
    """The same file read again repeats itself."""
    ids = [event["id"] for _, event in MAPPING.events([row(0, "New"), row(1, "Done", "b")])]
    assert ids == ["7:0.0", "7:1.0", "7:1.1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time:timestamp": None}, "a row has no time:timestamp; name the attribute of its time"),
        ({"time:timestamp": "soon"}, "time:timestamp = 'soon' is no time"),
        ({"time:timestamp": "2026-01-01T00:00:00"}, 'has no offset; say timezone = "..." in the mapping'),
        ({"case:id": None}, '"{case:id}" has no value here'),
    ],
)
def test_rows_that_can_not_be_used(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Unmapped) as caught:
        list(MAPPING.events([row(0, "New") | change]))
    assert words in str(caught.value)


def test_times_without_an_offset_take_the_mappings_zone() -> None:
    """Also across a change of clocks."""
    mapping = parse('timezone = "Europe/Rome"\n' + TEXT, "m.toml")
    naive = [row(0, "New") | {"time:timestamp": t} for t in ("2026-01-01T00:00:00", "2026-07-01T00:00:00")]
    assert [mapping.at(r) for r in naive] == [1767222000000, 1782856800000]


def test_a_template_of_one_attribute_keeps_its_type() -> None:
    mapping = parse(
        TEXT.replace("ticket.waiting", "help.searched").replace('{ on = "{on}" }', '{ results = "{on}" }'), "m"
    )
    searched = [e for _, e in mapping.events([row(0, "New"), row(1, "Wait", on=0)])][1]
    assert searched["data"] == {"results": 0}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('source = "log"', "", "m.toml: source: is missing"),
        ("topic =", "topik =", 'm.toml:7: case.topik: is unknown; did you mean "topic"?'),
        ('{ act = "Done*" }', "{}", "m.toml:3: case: resolved names no row; write for example"),
        (
            '"ticket.waiting"',
            '"ticket.wait"',
            'm.toml:11: also.0: type ticket.wait is unknown; did you mean "ticket.waiting"?',
        ),
        ('"ticket.waiting"', '"clock.ticked"', "m.toml:11: also.0: type clock.ticked is unknown"),
        ('{ act = "Wait", on = "*" }', "{}", "m.toml:11: also.0: when names no row"),
        (
            'source = "log"',
            'source = "log"\ntimezone = "Rome"',
            'timezone Rome is unknown; write an IANA name, as "Europe/Rome"',
        ),
    ],
)
def test_bad_mappings(old: str, new: str, fault: str) -> None:
    with pytest.raises(Faults) as caught:
        parse(TEXT.replace(old, new), "m.toml")
    assert fault in str(caught.value)


def test_the_mapping_of_the_how_to_is_well_formed() -> None:
    text = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text().partition("```toml\n")[2].partition("```")[0]
    assert parse(text, "docs/mapping.md").source == "acme-desk"
