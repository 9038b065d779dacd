"""Draws the dashboards into PNG files from what a Prometheus answers: `python -m dashboards.draw http://127.0.0.1:9090`.

No Grafana takes part: places, titles, units and queries are those of dashboards/json, the lines are matplotlib's.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import dates
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from msgspec import Struct

from dashboards.expand import Drawn, Get, api, chosen, drawn, filled
from dashboards.units import words

JSON = Path(__file__).parent / "json"
COLUMN, LINE, DPI = 0.75, 0.42, 75  # inches of a grid's unit, and dots an inch
SHOWN = 9  # series in a legend, rows in a table
Box = tuple[float, float, float, float]  # x, y, width, height on the grid


class Span(Struct, frozen=True):
    """What time is shown, in seconds since the epoch, every `step` s."""

    start: float
    end: float
    step: float


class Series(Struct, frozen=True):
    """One line. `letter` = of the query that it answers."""

    letter: str
    name: str
    times: list[float]
    values: list[float]


def draw(url: str, out: Path, seconds: float) -> list[Path]:
    """One PNG a dashboard, of the last `seconds`; returns their paths. Raises expand.Refused."""
    mpl.use("Agg")
    now = time.time()
    span, get = Span(now - seconds, now, max(seconds / 240, 1.0)), api(url)
    files = []
    for file in sorted(JSON.glob("*.json")):
        board = json.loads(file.read_text())
        panels = list(drawn(board, chosen(board, get), f"{max(int(4 * span.step), 20)}s"))
        figure = _figure(panels, get, span)
        files.append(out / f"dashboard-{file.stem}.png")
        figure.savefig(files[-1], dpi=DPI, facecolor="#f4f5f5")
        plt.close(figure)
    return files


def places(panels: Sequence[Drawn]) -> list[Box]:
    """Where each panel comes to stand: as in Grafana, repeats side by side and all below moved down."""
    found: list[Box] = []
    x = y = low = 0.0
    for each in panels:
        at = each.panel["gridPos"]
        if x + at["w"] > 24:
            x, y = 0.0, low
        found.append((x, y, at["w"], at["h"]))
        x, low = x + at["w"], max(low, y + at["h"])
        if each.panel["type"] == "row":
            x, y = 0.0, low
    return found


def _figure(panels: Sequence[Drawn], get: Get, span: Span) -> Figure:
    boxes = places(panels)
    height = max(y + h for _, y, _, h in boxes)
    figure = plt.figure(figsize=(24 * COLUMN, height * LINE))
    for each, (x, y, w, h) in zip(panels, boxes, strict=True):
        if each.panel["type"] == "row":
            figure.text(x / 24 + 0.006, 1 - (y + 0.6) / height, each.title, size=13, weight="bold", va="center")
            continue
        left, low = (x + 0.15) / 24, 1 - (y + h - 0.12) / height
        card = figure.add_axes((left, low, (w - 0.3) / 24, (h - 0.24) / height))
        card.set(xticks=[], yticks=[], facecolor="white")
        card.spines[:].set_color("#dddddd")
        card.text(0.02, 1 - 0.55 / h, each.title, transform=card.transAxes, size=9, weight="bold", va="center")
        below = _BELOW[each.panel["type"]]
        inner = figure.add_axes((left + 0.9 / 24, low + below / height, (w - 2.1) / 24, (h - below - 1.4) / height))
        _KINDS[each.panel["type"]](inner, each, get, span)
    return figure


def _series(each: Drawn, get: Get, span: Span) -> list[Series]:
    found = []
    for letter, expr, legend in each.queries:
        data = get("query_range", query=expr, start=span.start, end=span.end, step=span.step)
        for row in data["result"]:
            pairs = [(float(at), float(value)) for at, value in row["values"]]
            name = filled(legend.replace("{{", "${").replace("}}", "}"), row["metric"])
            found.append(Series(letter, name, [at for at, _ in pairs], [value for _, value in pairs]))
    return found


def _graph(axes: Axes, each: Drawn, get: Get, span: Span) -> None:
    looks = {o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]} for o in _overrides(each)}
    defaults = each.panel["fieldConfig"]["defaults"]
    other = None
    for series in sorted(_series(each, get, span), key=lambda series: -max(series.values, default=0)):
        look = looks.get(series.letter, {})
        when: Any = [at / 86_400 for at in series.times]
        if look.get("custom.axisPlacement") == "right":
            other = other or axes.twinx()
            other.fill_between(when, series.values, color="#777777", alpha=0.10, linewidth=0)
            continue
        dashed = "custom.lineStyle" in look
        style: dict[str, Any] = {"linestyle": "--", "color": "purple"} if dashed else {}
        axes.plot(when, series.values, linewidth=1.3, label=series.name, **style)
    axes.set_xlim(span.start / 86_400, span.end / 86_400)
    axes.xaxis.set_major_locator(dates.AutoDateLocator(maxticks=5))  # type: ignore[no-untyped-call]
    clock = "%H:%M:%S" if span.end - span.start < 1800 else "%H:%M"
    axes.xaxis.set_major_formatter(dates.DateFormatter(clock))  # type: ignore[no-untyped-call]
    _axis(axes, defaults["unit"])
    if other is not None:
        other.set_ylim(bottom=0)
        _axis(other, "short")
        other.grid(visible=False)
    _legend(axes)


def _axis(axes: Axes, unit: str) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words(value, unit)))
    axes.tick_params(labelsize=7, length=0)
    axes.spines[:].set_visible(False)
    axes.grid(color="#eeeeee")
    axes.locator_params(axis="y", nbins=5)
    low, high = axes.get_ylim()
    if low < 0 < high < 0.1:  # nothing but zero
        axes.set_ylim(0, 1)


def _legend(axes: Axes) -> None:
    lines, names = axes.get_legend_handles_labels()
    if not lines:
        axes.text(0.5, 0.5, "nothing", transform=axes.transAxes, ha="center", color="#999999", size=8)
        return
    more = [*names[: SHOWN - 1], f"and {len(names) - SHOWN + 1} more"] if len(names) > SHOWN else names
    options: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1), "frameon": False}
    axes.legend(lines[:SHOWN], more, ncols=3, fontsize=6.5, handlelength=1, columnspacing=1, **options)


def _number(axes: Axes, each: Drawn, get: Get, span: Span) -> None:
    defaults = each.panel["fieldConfig"]["defaults"]
    found = _series(each, get, span)
    value = found[0].values[-1] if found else 0.0
    color = "black"
    for step in defaults["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            color = step["color"]
    if found:
        axes.fill_between(found[0].times, found[0].values, color=color, alpha=0.12, linewidth=0)
    axes.axis("off")
    text = words(value, defaults["unit"])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", size=24, color=color)


def _table(axes: Axes, each: Drawn, get: Get, span: Span) -> None:
    """The newest values by label, side by side."""
    organize = each.panel["transformations"][1]["options"]
    order = organize["indexByName"]
    renamed = {name: organize["renameByName"][name] for name in sorted(order, key=order.__getitem__)}
    by: dict[tuple[str, ...], dict[str, float]] = {}
    heads = [name for name in renamed if not name.startswith("Value")]
    for letter, expr, _ in each.queries:
        for row in get("query", query=expr)["result"]:
            by.setdefault(tuple(row["metric"].get(name, "") for name in heads), {})[letter] = float(row["value"][1])
    letters = [letter for letter, _, _ in each.queries]
    lines = sorted(by.items(), key=lambda line: -line[1].get(letters[-1], -math.inf))[:SHOWN]
    unit = each.panel["fieldConfig"]["defaults"]["unit"]
    axes.axis("off")
    texts = [[*names, *(words(values[x], unit) if x in values else "" for x in letters)] for names, values in lines]
    for down, line in enumerate([list(renamed.values()), *texts]):
        for across, text in enumerate(line):
            weight = "bold" if not down else "normal"
            axes.text(across / len(line), 1 - down / (SHOWN + 1), text, transform=axes.transAxes, size=8, weight=weight)


def _overrides(each: Drawn) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = each.panel["fieldConfig"].get("overrides", [])
    return found


_KINDS = {"timeseries": _graph, "stat": _number, "table": _table}
_BELOW = {"timeseries": 1.7, "stat": 0.4, "table": 0.2}  # room for a legend, in lines of the grid


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dashboards.draw", description=__doc__)
    parser.add_argument("url", help="of Prometheus")
    parser.add_argument("--hours", type=float, default=6.0, help="how much of the past (6)")
    parser.add_argument("--out", type=Path, default=JSON.parents[1] / "docs", help="the folder for the files (docs)")
    options = parser.parse_args()
    for file in draw(options.url.rstrip("/"), options.out, options.hours * 3600):
        print(file)


if __name__ == "__main__":
    main()
