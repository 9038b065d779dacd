"""What goes wrong in a generated world goes wrong there as it says, and nowhere else."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from stream.infra.world_incidents import BROKEN, SILENT, Company, Incident, unanswered
from stream.infra.world_people import DAY, HOUR, envelope, instant

START = instant("2026-01-05T00:00:00Z")
END = START + 10 * DAY
Log = list[tuple[int, dict[str, Any]]]


def company(seed: int = 1) -> Company:
    return Company(50, {f"customer-{i}": "smb" if i % 2 else "mid" for i in range(50)}, seed)


def incident(start: int, end: int, *labels: tuple[str, str]) -> Incident:
    return Incident("x", START + start, START + end, labels or (("segment", "smb"),))


def said(kind: str, at: int, **data: Any) -> tuple[int, dict[str, Any]]:
    return START + at, envelope(f"{kind}-{at}", kind, START + at, "customer-1", {"ticket": "T", **data})


def mean(log: Log, subjects: int, since: int) -> float:
    rows = [e for at, e in log if e["type"] == "survey.answered" and at >= since]
    scores = [e["data"]["score"] for e in rows if int(e["subject"][9:]) % 2 == subjects]
    return sum(scores) / len(scores)


def test_a_segment_finds_it_ever_harder() -> None:
    log = list(company().asked(iter([]), START, END, incident(5 * DAY, 10 * DAY), 200))
    assert all(a[0] <= b[0] for a, b in pairwise(log))
    assert log == list(company().asked(iter([]), START, END, incident(5 * DAY, 10 * DAY), 200))
    assert mean(log, 1, START + 9 * DAY) < 3.5
    assert mean(log, 0, START + 9 * DAY) > 5.5


def test_a_broken_article_sends_its_readers_to_the_desk() -> None:
    log = list(company().read(iter([]), START, END, incident(5 * DAY, 6 * DAY), 100))
    read = [at for at, e in log if e["type"] == "page.viewed" and e["data"]["content"] == BROKEN]
    opened = [at for at, e in log if e["type"] == "ticket.opened"]
    broken = range(START + 5 * DAY, START + 6 * DAY)
    assert sum(at in broken for at in opened) / sum(at in broken for at in read) > 0.4
    assert sum(at < broken.start for at in opened) / sum(at < broken.start for at in read) < 0.1


def test_a_release_brings_its_tickets_within_its_hours() -> None:
    log = list(company().released(iter([]), incident(DAY, DAY + 2 * HOUR), 0.5))
    opened = [at for at, e in log if e["type"] == "ticket.opened"]
    assert len(opened) == 25
    assert all(START + DAY <= at <= START + DAY + 2 * HOUR + 1_000 for at in opened)


def test_a_silent_team_does_later_what_it_would_have_done() -> None:
    log = [
        said("ticket.opened", 0, team=SILENT),
        said("ticket.replied", HOUR, author="agent"),
        said("ticket.replied", 2 * HOUR, author="customer"),
        said("ticket.resolved", 3 * HOUR),
        said("ticket.opened", 30 * HOUR, team="front"),
    ]
    moved = list(unanswered(iter(log), incident(0, DAY)))
    assert [(e["type"], at - START) for at, e in moved] == [
        ("ticket.opened", 0),
        ("ticket.replied", 2 * HOUR),
        ("ticket.replied", 25 * HOUR),
        ("ticket.resolved", 27 * HOUR),
        ("ticket.opened", 30 * HOUR),
    ]
    assert all(instant(e["time"]) == at for at, e in moved)
    assert list(unanswered(iter(log), incident(5 * DAY, 6 * DAY))) == log


def test_an_alert_is_of_an_incident_by_label_and_time() -> None:
    one = incident(DAY, 2 * DAY, ("topic", "api"), ("team", "technical"))._replace(kpis=("effort",))
    assert one.is_of({"team": "technical"}, "", START + DAY)
    assert one.is_of({"topic": "api", "team": "front"}, "", START + 4 * DAY)
    assert one.is_of({}, "effort", START + DAY)
    assert not one.is_of({"segment": "mid"}, "effort", START + DAY)
    assert not one.is_of({}, "csat", START + DAY)
    assert not one.is_of({"topic": "api"}, "", START + 4 * DAY + 1)
    assert not one.is_of({"topic": "api"}, "", START + DAY - 1)
    assert not one.is_of({"topic": "login"}, "", START + DAY)
