"""What stops the kpis fold."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stream.claims import Change, Differences
from stream.definitions import BEAT, HOUR, MINUTE
from stream.record import Record, Stop
from tests.support.differences import DEFINITIONS, REVISION, cut, fold, pack, records

START = 1_760_000_400_000


def differences(seq: int, clock: int, *said: int) -> Differences:
    """Partition 0's append `seq`: one change at each of the times `said` (ms)."""
    beats = [(at // BEAT, [Change("share", at // MINUTE, cut(), {"num": 1, "den": 1})]) for at in said]
    return Differences(1, REVISION, 0, DEFINITIONS.partitions, seq, clock, beats)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"revision": "another"}, 78),
        ({"partitions": 4}, 73),
        ({"seq": 2}, 74),
        ({"beats": [(START // BEAT, [Change("unknown", 1, (), {"n": 1})])]}, 78),
    ],
)
def test_what_does_not_fit_stops_the_fold(other: dict[str, Any], code: int) -> None:
    with pytest.raises(Stop) as stopped:
        list(fold().feed(records([msgspec.structs.replace(differences(1, START), **other)])))
    assert stopped.value.code == code


@pytest.mark.parametrize("value", [None, b"", b"\xc1", pack(["no differences"])])
def test_junk_stops_the_fold(value: bytes | None) -> None:
    with pytest.raises(Stop) as stopped:
        list(fold().feed([Record("journey.kpis", 0, 0, 0, b"", value)]))
    assert stopped.value.code == 77


def test_a_log_clock_that_goes_back_stops_the_fold() -> None:
    heard = [differences(1, START + HOUR), differences(2, START + HOUR, START)]
    with pytest.raises(Stop, match="clock went back"):
        list(fold().feed(records(heard)))


def test_state_of_other_definitions_is_refused() -> None:
    meta = fold().meta
    cases: list[tuple[dict[str, Any], int]] = [({"revision": "x"}, 78), ({"run": 2}, 78), ({"partitions": 4}, 73)]
    for changed, code in cases:
        with pytest.raises(Stop) as stopped:
            fold({}, msgspec.structs.replace(meta, **changed))
        assert stopped.value.code == code
