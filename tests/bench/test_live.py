"""What is read of a worker under load, and which goals a soak has missed."""

from __future__ import annotations

import asyncio
from subprocess import PIPE, Popen

import msgspec
import pytest

from bench import live, soak
from bench.soak import Minute
from bench.workload import Workload
from stream.definitions import DAY
from stream.event import decode
from stream.payloads import TicketOpened, TicketResolved
from stream.record import Reject

SCRAPE = """
# HELP journey_processed_records_total Source records folded.
journey_processed_records_total{role="intake"} 9.0
journey_processed_records_total{role="journeys"} 7.0
journey_consumer_lag_records{partition="0",role="journeys",topic="journey.events"} 2.0
journey_consumer_lag_records{partition="1",role="journeys",topic="journey.events"} 3.0
journey_table_keys{partition="0",role="journeys",topic="journey.events"} 40.0
journey_table_keys{partition="0",role="kpis",topic="journey.kpis"} 2.0
journey_event_loop_lag_seconds 0.025
"""
MIB = 2**20
WELL = Minute(100 * MIB, 40, 300, 0.03, 0.05)


def test_what_waits_and_what_is_kept_is_summed_over_roles_and_partitions() -> None:
    assert live.read(SCRAPE, 0.5) == live.Seen(7, 5, 42, 0.025, 0.5)


def test_workers_side_by_side_are_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {1: live.Seen(7, 5, 42, 0.025, 0.5), 2: live.Seen(0, 4, 3, 0.25, 0.1)}
    monkeypatch.setattr(live, "look", said.__getitem__)
    with Popen(["true"]) as process:
        assert process.wait() == 0
        with pytest.raises(SystemExit, match="ended with 0"):
            asyncio.run(live.Worker(process, 1).seen())
    with Popen(["cat"], stdin=PIPE) as process:
        both = live.Worker(process, 1, (live.Worker(process, 2),))
        assert asyncio.run(both.seen()) == live.Seen(7, 9, 45, 0.25, 0.5)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (WELL, []),
        (Minute(104 * MIB, 40, 300, 0.03, 0.05), []),
        (Minute(106 * MIB, 40, 300, 0.03, 0.05), ["memory grew from 100 to 106 MiB by 0 rows"]),
        (Minute(106 * MIB, 40 + 1024, 300, 0.03, 0.05), []),
        (Minute(100 * MIB, 40, 501, 0.03, 0.05), ["501 records waited in the last minute: more than 5 s of input"]),
        (Minute(100 * MIB, 40, 300, 0.06, 0.05), ["the loop was held for 60 ms, more than 50"]),
    ],
)
def test_a_soak_says_what_it_missed(last: Minute, said: list[str]) -> None:
    begins = Minute(10 * MIB, 1, 9_000, 0.01, 0.05)  # a start is no leak, and has a backlog
    assert list(soak.missed([begins, begins, WELL, WELL, last], 100)) == said


def test_latency_is_told_by_its_middle_and_its_end() -> None:
    assert live.told(500, range(1, 201)).endswith("at 500 events/s: p50 101 ms, p99 199 ms, of 200")
    assert live.told(500, []).endswith("nothing measured")


def test_the_input_is_as_described() -> None:
    heard = list(Workload(60).events(3_000, 1_790_000_000_000))
    assert 225 < sum(len(value) for _, value in heard) / len(heard) < 265
    assert not any(isinstance(decode(value), Reject) for _, value in heard)
    assert all(msgspec.json.decode(value)["subject"].encode() == key for key, value in heard)
    assert list(Workload(60).events(3_000, 1_790_000_000_000)) == heard


def test_in_a_soak_a_day_has_so_many_events_and_no_ticket_stays_open() -> None:
    days = soak.Days(20)
    heard = [(at := days.clock(), decode(days.event(at)[1])) for _ in range(5 * soak.DAILY)]
    assert heard[-1][0] - heard[0][0] == 5 * DAY - DAY // soak.DAILY
    open_: dict[str, list[str]] = {}
    for _, event in heard:
        assert not isinstance(event, Reject)
        tickets = open_.setdefault(event.subject, [])
        if isinstance(event.data, TicketOpened):
            tickets.append(event.data.ticket)
        elif isinstance(event.data, TicketResolved):
            tickets.remove(event.data.ticket)
        assert len(tickets) <= soak.STAYS + 1
