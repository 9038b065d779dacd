"""Every fault of a TOML file is found at once and says file, line, key, value and the mend."""

from __future__ import annotations

import pytest
from msgspec import Struct, field

from stream.faults import Duration, Fault, Faults, duration, literal, load, parse


class Inner(Struct, frozen=True):
    low: int
    keep: Duration = 0


class Outer(Struct, frozen=True):
    name: str
    inner: dict[str, Inner] = field(default_factory=dict)
    rows: tuple[Inner, ...] = ()

    def __post_init__(self) -> None:
        if self.name == "forbidden":
            raise ValueError("another name is needed")


def faults(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        load(text, "f.toml", Outer)
    assert str(caught.value) == "\n".join(map(str, caught.value.faults))
    return [str(fault) for fault in caught.value.faults]


def test_a_good_file() -> None:
    """Durations have units; a bare number is ms."""
    text = 'name = "a"\n[inner.x]\nlow = 1\nkeep = "90d"\n[inner."y z"]\nlow = 2\nkeep = 5\n[[rows]]\nlow = 3\n'
    assert load(text, "f.toml", Outer) == Outer("a", {"x": Inner(1, 90 * 86_400_000), "y z": Inner(2, 5)}, (Inner(3),))


def test_all_faults_at_once_in_the_order_of_their_lines() -> None:
    """One row a kind: wrong type, unknown key, missing key, bad duration; a table of an array by its own line."""
    text = 'name = 5\n[inner.x]\nlov = 1\nkeep = "90 days"\n\n[[rows]]\nlow = 1\n[[rows]]\nlow = "2"\n'
    text += "[inner.y]\nlow=1\nkeep=-1"
    assert faults(text) == [
        "f.toml:1: name = 5: expected str, got int",
        "f.toml:2: inner.x.low: is missing",
        'f.toml:3: inner.x.lov: is unknown; did you mean "low"?',
        'f.toml:4: inner.x.keep = "90 days": write a number and a unit, as "90d", "8h", "5m", "30s" or "250ms"',
        'f.toml:9: rows.1.low = "2": expected int, got str',
        "f.toml:12: inner.y.keep = -1: expected int >= 0",
    ]


def test_rules_over_a_whole_table_point_at_it() -> None:
    assert faults('name = "forbidden"') == ["f.toml: another name is needed"]


def test_what_is_no_toml() -> None:
    """The parser's line is the fault's."""
    assert faults("name = 1\nname") == [
        "f.toml:2: no TOML: Expected '=' after a key in a key/value pair (at end of document)"
    ]
    assert faults("\n\nname = nope\n")[0].startswith("f.toml:3: no TOML: Invalid value")


def test_huge_values_are_cut_and_never_raise() -> None:
    """TOML has integers of any size."""
    assert faults(f"name = {10**30}")[0].endswith("expected str, got int")
    assert len(faults('name = "a"\nrows = "' + "x" * 500 + '"')[0]) < 150


@pytest.mark.parametrize(
    ("text", "ms"), [("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("8h", 28_800_000), ("1 w", 604_800_000)]
)
def test_durations(text: str, ms: int) -> None:
    assert duration(text) == ms


@pytest.mark.parametrize("text", ["", "5", "-5m", "1.5h", "5 min", "m"])
def test_bad_durations(text: str) -> None:
    with pytest.raises(ValueError, match="write a number and a unit"):
        duration(text)


def test_literals_are_toml_where_they_are_else_text() -> None:
    assert [literal(t) for t in ("5", "true", "[1, 2]", "http://x", "a\nb = 1", "")] == [
        5,
        True,
        [1, 2],
        "http://x",
        "a\nb = 1",
        "",
    ]


def test_lines_of_keys() -> None:
    """Quoted, dotted and commented keys; a key in an inline table has its parent's line."""
    document = parse('# x = 1\n"a b".c = { d = 1 }\n[ t."u v" ]  # note\n  k = """\n z\n"""\n', "f.toml")
    assert document.lines == {("a b", "c"): 2, ("t", "u v"): 3, ("t", "u v", "k"): 4}
    assert document.fault(("a b", "c", "d"), 1, "m") == Fault("f.toml", 2, "a b.c.d", "1", "m")
