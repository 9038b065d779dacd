"""The BPI Challenge 2013 incident log, read by the oracle's own parser, gives the counts published beforehand."""

from pathlib import Path
from typing import Any

from tests.oracle import bpi
from tests.oracle.logs import at, event, write
from tests.oracle.oracle import compute

OPENED, CLOSED = 1_000, 90_500


def step(at: int, activity: str, team: str) -> bpi.Step:
    return bpi.Step(at, activity, team)


def test_a_completed_ticket_is_resolved_once_and_work_after_it_reopens_it() -> None:
    """Completed twice in a row is one resolve; the second resolve after new work is the last one."""
    ticket = bpi.fold([step(0, "Accepted", "a"), step(5, "Completed", "a"), step(6, "Completed", "b")])
    assert (ticket.first_resolved, ticket.last_resolved, ticket.reopened) == (5, 5, False)
    ticket = bpi.fold(
        [step(0, "Queued", "a"), step(5, "Completed", "a"), step(6, "Queued", "a"), step(9, "Completed", "a")]
    )
    assert (ticket.first_resolved, ticket.last_resolved, ticket.reopened) == (5, 9, True)


def test_a_move_at_the_first_resolve_counts_before_it_and_later_moves_do_not() -> None:
    """The team of the completing event is among those held until the first resolve."""
    ticket = bpi.fold([step(OPENED, "Accepted", "a"), step(CLOSED, "Completed", "b"), step(CLOSED + 1, "Queued", "a")])
    total = bpi.count([ticket])
    assert (total["transfers_first"], total["ping_pong_first"]) == (1, 0)
    assert (total["transfers_ever"], total["ping_pong_ever"]) == (2, 1)
    assert (total["seconds_first"], total["resolved_now"]) == (89, 0)


def test_the_whole_log(shared_data: Path) -> None:
    """Counts that do not depend on this project: tickets, reopened, transfers and returns to an earlier team."""
    tickets = [bpi.fold(steps) for steps in bpi.read(shared_data / "bpi_challenge_2013_incidents.xes.gz")]
    assert bpi.count(tickets) == {
        "tickets": 7_554,
        "unresolved": 8,
        "resolved": 7_546,
        "reopened": 514,
        "transfers_1_first": 3_672,
        "transfers_2_first": 1_905,
        "transfers_3_first": 949,
        "transfers_first": 8_616,
        "ping_pong_first": 1_132,
        "transfers_1_ever": 3_820,
        "transfers_2_ever": 2_056,
        "transfers_3_ever": 1_083,
        "transfers_ever": 9_454,
        "ping_pong_ever": 1_258,
        "seconds_first": 4_793_161_371,
        "resolved_now": 7_546,
        "seconds_last": 5_462_982_760,
    }
    assert bpi.by_month([t.opened for t in tickets])["2012-05"] == 5_189
    assert bpi.by_month([t.first_resolved for t in tickets])["2012-04"] == 256
    assert bpi.by_month([t.last_resolved for t in tickets]) == {"2012-04": 16, "2012-05": 7_530}


def _events(name: str, steps: list[bpi.Step]) -> list[tuple[int, dict[str, Any]]]:
    """A trace as events: what `tests.oracle.bpi` folds, said in the words of the wire."""
    said, team, done = [(steps[0].at, "opened", {"team": steps[0].team})], steps[0].team, False
    for step in steps:
        if step.team != team:
            said.append((step.at, "transferred", {"to_team": step.team}))
        if step.activity == "Completed":
            said.append((step.at, "resolved", {}))
        elif done:
            said.append((step.at, "reopened", {}))
        team, done = step.team, step.activity == "Completed"
    return [
        (time, event(f"{name}-{i}", time, f"ticket.{word}", {"ticket": name, **data}, name))
        for i, (time, word, data) in enumerate(said)
    ]


def test_the_sql_comes_to_the_same(shared_data: Path, tmp_path: Path) -> None:
    """Two readings of the log that share no code: the parser's own fold, and events through DuckDB."""
    traces = list(bpi.read(shared_data / "bpi_challenge_2013_incidents.xes.gz"))
    rows = [row for i, steps in enumerate(traces) for row in _events(f"c{i}", steps)]
    found = compute([write(tmp_path / "log.ndjson", sorted(rows, key=lambda row: row[0]))], pairs=())
    moves = {"sum": 8_616, "n": 7_546, "two": 1_905, "ping_pong": 1_132}
    assert at(found, "transfers").parts == moves
    assert at(found, "reopen_rate").parts == {"num": 514, "den": 7_546}
    assert at(found, "resolution_time_first").parts == {"sum": 4_793_161_371, "n": 7_546}
    assert at(found, "resolution_time").parts == {"sum": 5_462_982_760, "n": 7_546}
    assert at(found, "backlog", "now").n == 8
    tickets = [bpi.fold(steps) for steps in traces]
    for kpi, times in (("ticket_volume", [t.opened for t in tickets]), ("fcr", [t.first_resolved for t in tickets])):
        months = {key.window: row.n for key, row in found.items() if key.kpi == kpi and not key.cut}
        assert {name: n for name, n in months.items() if name != "all"} == bpi.by_month(list(times))
