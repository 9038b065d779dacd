"""A segment whose effort rises, from the records of journey.kpis to the alert and its end."""

from __future__ import annotations

import msgspec

from stream.aggregates import KpiPartition
from stream.claims import Alert, Change, Differences
from stream.definitions import BEAT, DAY, HOUR, MINUTE, Definitions
from stream.kpis.effort import KPI
from stream.record import appends
from stream.signals.falling_ces_segment import WATCH
from tests.support.differences import REVISION, cut, records

START = 1_760_000_000_000 // DAY * DAY


def answers(at: int, segment: str, efforts: list[int]) -> tuple[int, list[Change]]:
    """Answers (effort in millionths) at one log time."""
    about = cut(segment=segment, channel="mail")
    return at // BEAT, [
        Change(
            "effort", at // MINUTE, about, {"sum": sum(efforts), "n": len(efforts), "sq": sum(e * e for e in efforts)}
        )
    ]


def alerts(beats: list[tuple[int, list[Change]]], clock: int) -> list[Alert]:
    partition = KpiPartition(
        Definitions(partitions=1, kpi_partitions=1), REVISION, {"effort": KPI}, [WATCH], 0, {}, None
    )  # fmt: skip
    heard = Differences(1, REVISION, 0, 1, 1, clock, beats)
    return [msgspec.json.decode(o.value, type=Alert) for a in appends(partition.feed(records([heard]))) for o in a.out]


def test_a_segment_gets_harder_and_easier_again() -> None:
    easy, hard = [100_000, 200_000, 300_000], [700_000, 800_000, 900_000]
    fall = START + 30 * DAY
    beats = []
    for hour in range(33 * 24):
        at = START + hour * HOUR + MINUTE
        worse = fall <= at < fall + DAY
        beats += [answers(at, "big", hard if worse else easy), answers(at + BEAT, "small", easy)]
    opened, sure, resolved = alerts(beats, fall + 4 * DAY)
    assert (opened.subject, opened.cause, opened.severity, opened.segment) == ("segment:big", "effort", "page", "big")
    assert (opened.change, resolved.change, resolved.id) == ("opened", "resolved", opened.id)
    assert (opened.doubtful, sure.doubtful, sure.change, sure.since) == (True, False, "amended", opened.since)
    assert fall < opened.opened < sure.changed < fall + DAY
    assert (opened.opened - 2 * MINUTE) % HOUR == 0 and opened.since == opened.opened - 2 * MINUTE
    assert fall + DAY < resolved.changed <= fall + 2 * DAY + 3 * HOUR
    assert resolved.until == resolved.changed - 2 * MINUTE
    assert "is up from 0.2 over 28 d" in opened.text


def test_a_segment_that_stays_as_it_is_is_left_alone() -> None:
    beats = [answers(START + h * HOUR, "big", [100_000, 900_000, 500_000]) for h in range(40 * 24)]
    assert alerts(beats, START + 41 * DAY) == []
