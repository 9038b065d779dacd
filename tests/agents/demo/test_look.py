from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from agents.demo.look import Numbers, numbers
from stream.infra.metrics import WorkerCollector
from stream.infra.telemetry import Telemetry


def scraped(telemetry: Telemetry) -> Numbers:
    registry = CollectorRegistry()
    registry.register(WorkerCollector(telemetry, lambda: 0.0))
    return numbers(generate_latest(registry).decode())


def test_counts_are_what_the_worker_says() -> None:
    telemetry = Telemetry()
    intake, journeys, kpis = (telemetry.hop(role) for role in ("intake", "journeys", "kpis"))
    intake.records, journeys.records = 7, 5
    intake.dead_letters = {"malformed": 2}
    journeys.dead_letters = {"malformed": 1, "future": 1}
    journeys.events = {"ticket.opened": 3, "ticket.resolved": 1}
    journeys.alerts = {("reopened", "opened"): 2, ("reopened", "resolved"): 1}
    for hop, behind in ((journeys, 4), (kpis, 1)):
        partition = hop.partition(f"of.{hop.role}", 0)
        partition.done, partition.highwater = 10, 10 + behind
    telemetry.alerts_active = {("reopened", "queue"): 1, ("reopened", "page"): 2, ("low_score", "info"): 0}

    found = scraped(telemetry)

    assert found.events == 4
    assert (found.folded["intake"], found.folded["journeys"]) == (7, 5)
    assert found.refused == {"malformed": 3, "future": 1}
    assert found.turned_away == 2
    assert found.opened == {"reopened": 2}
    assert found.open == {"reopened": 3}
    assert found.severities == {"queue": 1, "page": 2}
    assert (found.waiting["journeys"], found.lag) == (4, 5)


def test_a_worker_that_has_done_nothing_yet_has_nothing_to_say() -> None:
    assert scraped(Telemetry()) == Numbers()
