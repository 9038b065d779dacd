"""The BPI Challenge 2013 incident log, read by the oracle's own parser, gives the counts published beforehand."""

from pathlib import Path

from tests.oracle import bpi

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
