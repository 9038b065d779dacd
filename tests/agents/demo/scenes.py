"""A scene with something to see."""

from __future__ import annotations

from agents.demo.look import Numbers, Queued, Seen, Shown
from agents.demo.scene import Scene
from stream.readings import Reading

NOW = 1_795_000_000_000


def alert(place: int, *, severity: str = "queue", ago: int = 3_600_000, text: str = "Ticket was reopened") -> Queued:
    return Queued(
        id=f"{place}",
        signal="falling_ces",
        version=1,
        definition="falling_ces@1",
        subject=f"customer-{place}",
        cause="ces",
        episode=1,
        severity=severity,
        max_severity=severity,
        status="open",
        change="opened",
        opened=NOW - ago,
        changed=NOW - ago,
        text=text,
        clears="an easier answer",
        segment="smb",
        vip=place == 1,
        evidence=[{"uid": "1"}] * place,
        why=[severity, "VIP: counts as 2 d longer"] if place == 1 else [severity],
    )


def reading(kpi: str, window: str, value: float, n: int) -> Reading:
    return Reading(
        kpi=kpi,
        version=1,
        window=window,
        end=NOW,
        cut={},
        value=value,
        n=n,
        parts={},
        quantiles={},
        as_of=NOW,
        status="final",
        unit="ratio",
        small_n=n < 30,
    )


def scene(*, live: float | None = 42.0, alerts: int = 20, fault: str = "") -> Scene:
    queue = [alert(place, severity="page" if place == 1 else "queue") for place in range(1, alerts + 1)]
    found = [reading("fcr", "24h", 0.9, 19), reading("fcr", "30d", 0.816, 164), reading("backlog", "now", 0.5, 64)]
    shown = Shown(
        queue=queue,
        newest=queue[::-1],
        open=alerts,
        signals={"falling_ces": alerts} if alerts else {},
        severities={"page": 1, "queue": alerts - 1} if alerts else {},
        readings={(each.kpi, each.window): each for each in found},
        count=1_234,
        kpis=2,
    )
    numbers = Numbers(
        events=16_000,
        waiting={"journeys": 3},
        opened={"falling_ces": 25, "reopened": 2},
    )
    return Scene(Seen(numbers, shown, fault), NOW, live, 16_000, 15_500, 20.0)
