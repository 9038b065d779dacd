"""The live view in a terminal: what needs attention, how it goes, and whether the pipe keeps up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agents.demo.look import Queued
from agents.demo.scene import Scene
from agents.demo.words import clock, measure, title
from stream.definitions import SECOND
from stream.notices import span
from stream.readings import Reading

FRESH = 15 * SECOND  # an alert is marked as new for so long
MOST = 14  # KPIs: a glance should take them in
WIDE = 108  # columns from which KPIs stand beside the queue
# The first of these KPIs are shown first; whatever else has readings follows where there is room.
FIRST = (
    "nps",
    "csat_top2",
    "ces_easy",
    "fcr",
    "resolution_time",
    "reopen_rate",
    "transfers",
    "backlog",
    "ticket_volume",
    "effort",
    "bounce_rate",
    "pages_per_session",
)
_STYLE = {"page": "bold white on red", "queue": "yellow", "info": "blue"}
_DIM = "bright_black"


class View:
    """Fills the terminal's other screen while it is entered; `metrics` = the address to name."""

    def __init__(self, console: Console, metrics: str) -> None:
        self._console = console
        self._metrics = metrics
        self._live = Live(console=console, screen=True, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def update(self, scene: Scene) -> None:
        size = self._console.size
        self._live.update(page(scene, size.width, size.height, self._metrics), refresh=True)


def page(scene: Scene, width: int, height: int, metrics: str) -> RenderableType:
    """The whole screen."""
    foot = Text(f"{metrics}  ·  Ctrl-C ends", style=_DIM, no_wrap=True, overflow="ellipsis")
    room = height - 6
    if width >= WIDE:
        inside = _beside(scene, room)
    else:
        few = max(2, room // 4)
        inside = Group(_alerts(scene, room - few - 3), Text(), _kpis(scene, few))
    return Padding(Group(_title(scene), _state(scene), Text(), inside, Text(), foot), (0, 2))


def _beside(scene: Scene, room: int) -> RenderableType:
    """Alerts to the left; KPIs and counts to the right."""
    body = Table.grid(padding=(0, 4), expand=True)
    body.add_column(ratio=1)
    body.add_column()
    rows = max(4, min(room * 3 // 5 - 2, MOST))
    right = Group(_kpis(scene, rows), Text(), _signals(scene, room - rows - 5))
    body.add_row(_alerts(scene, room), right)
    return body


def _title(scene: Scene) -> RenderableType:
    row = Table.grid(expand=True)
    row.add_column()
    row.add_column(justify="right")
    left = Text.assemble(("journeywatch", "bold"), ("  demo, synthetic customers", _DIM))
    right = Text("60 days of history" if scene.live is None else f"live for {clock(scene.live)}", style="bold green")
    row.add_row(left, right)
    return row


def _state(scene: Scene) -> RenderableType:
    """Whether the pipe keeps up."""
    numbers = scene.seen.numbers
    if scene.seen.fault:
        return Text(scene.seen.fault, style="bold red")
    if scene.live is None and scene.total:
        row = Table.grid(padding=(0, 2), expand=True)
        row.add_column(ratio=1)
        row.add_column()
        bar = ProgressBar(total=scene.total, completed=min(numbers.events, scene.total))
        row.add_row(bar, f"{numbers.events:,} of {scene.total:,} events  {scene.rate:,.0f}/s")
        return row
    refused = sum(numbers.refused.values())
    parts = [
        (f"{scene.rate:,.0f} events/s", ""),
        (f"{numbers.events:,} in all", _DIM),
        (f"{numbers.lag:,} waiting" if numbers.lag else "nothing waiting", _DIM),
        (f"{refused:,} refused" if refused else "none refused", "red" if refused else _DIM),
    ]
    return Text("  ·  ", style=_DIM).join(Text(words, style=style) for words, style in parts)


def _alerts(scene: Scene, lines: int) -> RenderableType:
    """The head of the queue, and below it what was found last."""
    shown = scene.seen.shown
    recent = max(0, (lines // 2 - 3) // 2)
    urgent = max(1, (lines - (2 * recent + 3 if recent else 0) - 2) // 3)
    head = Text("Most urgent", style="bold").append(f"   {shown.open:,} open", style="not bold")
    for name in ("page", "queue", "info"):
        if n := shown.severities.get(name):
            head.append(f"  {n:,} {name}", style=f"not bold {_DIM}")
    rows: list[RenderableType] = [head, Text(), _table(shown.queue[:urgent], scene.now, why=True)]
    if recent:
        rows += [Text(), Text("Found last", style="bold"), Text(), _table(shown.newest[:recent], scene.now, why=False)]
    return Group(*rows)


def _table(alerts: Sequence[Queued], now: int, *, why: bool) -> RenderableType:
    """Who and what; the finding; and, if wanted, why it stands here and what would end it."""
    if not alerts:
        return Text("nothing so far", style=_DIM)
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(min_width=5)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    for alert in alerts:
        who = Text.assemble((title(alert.signal), "bold"), f"  {alert.subject}")
        who.append("".join(f", {word}" for word in (alert.segment, "VIP" if alert.vip else None) if word), style=_DIM)
        table.add_row(Text(alert.severity.center(5), style=_STYLE.get(alert.severity, "")), who, _age(alert, now))
        table.add_row("", Text(alert.text), "")
        if why:
            table.add_row("", Text(_because(alert), style=_DIM), "")
    return table


def _age(alert: Queued, now: int) -> Text:
    """How long it is open, in its largest unit."""
    age = max(now - alert.opened, 0)
    words = " ".join(span(age).split()[:2])
    return Text(words, style="bold green" if age < FRESH else _DIM)


def _because(alert: Queued) -> str:
    """Its reasons for haste, how much evidence there is, and what would end it."""
    why = [reason.partition(":")[0] for reason in alert.why[1:]]
    found = f"{len(alert.evidence)} event{'s' * (len(alert.evidence) != 1)}"
    return " · ".join([*why, found, f"until {alert.clears}"])


def _kpis(scene: Scene, rows: int) -> RenderableType:
    """Each KPI over 24 h or as it is now, on how many that rests, and over 30 d; what rests on few is dim."""
    table = Table(box=None, padding=(0, 0, 0, 2), pad_edge=False, header_style=_DIM)
    table.add_column(Text("How it goes", style="bold default"), no_wrap=True, min_width=20)
    for name in ("24 h", "of", "30 d"):
        table.add_column(name, justify="right", no_wrap=True, min_width=4)
    readings = scene.seen.shown.readings
    found = _order({name for name, _ in readings})
    for kpi in found[:rows]:
        day, now = readings.get((kpi, "24h")), readings.get((kpi, "now"))
        month = _value(readings.get((kpi, "30d")), scene.money) if day else Text("now", style=_DIM)
        table.add_row(title(kpi), _value(day or now, scene.money), _n(day or now), month)
    if len(found) > rows:
        table.add_row(Text(f"and {len(found) - rows} more", style=_DIM))
    return table if found else Text("No readings so far", style=_DIM)


def _value(reading: Reading | None, money: str) -> Text:
    return Text(measure(reading, money), style=_DIM if reading is None or reading.small_n else "")


def _n(reading: Reading | None) -> Text:
    return Text(f"{reading.n:,}" if reading else "", style=_DIM)


def _order(kpis: Iterable[str]) -> list[str]:
    return sorted(kpis, key=lambda kpi: (FIRST.index(kpi) if kpi in FIRST else len(FIRST), kpi))


def _signals(scene: Scene, rows: int) -> RenderableType:
    """Open alerts by signal, the most frequent first."""
    ranked = sorted(scene.seen.shown.signals.items(), key=lambda each: (-each[1], each[0]))[: max(rows, 0)]
    if not ranked:
        return Text()
    table = Table.grid(padding=(0, 2))
    for name, n in ranked:
        bar = Bar(ranked[0][1], 0, n, width=16, color="yellow")
        table.add_row(Text(title(name)), Text(f"{n:,}", justify="right"), bar)
    return Group(Text("Open by signal", style="bold"), Text(), table)
