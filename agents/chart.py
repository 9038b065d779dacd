"""The trade-off of a sweep as a small SVG: how much is warned of in time, and how often the warning is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil

from agents.sweep import shown
from stream.bounds import wilson
from stream.score import Score

WIDTH, HEIGHT = 720, 440
LEFT, TOP, RIGHT, BOTTOM = 64, 56, 24, 56
INK, FAINT, MARK = "#24292f", "#d0d7de", "#0969da"
FONT = f'font-family="sans-serif" font-size="12" fill="{INK}"'
WORD, LINE = 30, 15  # the room of a label, px
ACROSS = "recall: share of what happened that was warned of"
UP = "precision: share of those warned to whom it happened"


def trade_off(title: str, scores: Sequence[Score]) -> str:
    """An SVG: a point for each setting, precision (with its 95 % interval) by recall; the base rate as a line."""
    points = [score for score in scores if score.table.warned and score.table.happened]
    highs = [wilson(score.table.both, score.table.warned)[1] for score in points]
    top = min(ceil(max([*(score.table.base or 0 for score in scores), *highs, 0.01]) * 20) / 20, 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="28" font-size="15">{escape(title)}</text>',
        *_axes(top),
        *_base(scores, top),
        *_points(points, top),
        *_legend(scores),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axes(top: float) -> Iterator[str]:
    bottom = HEIGHT - BOTTOM
    for i in range(6):
        x, y = _x(i / 5), _y(top * i / 5, top)
        yield f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{FAINT}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{100 * top * i / 5:.0f} %</text>'
        yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{20 * i} %</text>'
    yield f'<text x="{_x(0.5)}" y="{HEIGHT - 14}" text-anchor="middle">{ACROSS}</text>'
    yield f'<text x="{LEFT}" y="{TOP - 10}">{UP}</text>'


def _base(scores: Sequence[Score], top: float) -> Iterator[str]:
    base = scores[0].table.base if scores else None
    if base is not None:
        y = _y(base, top)
        yield f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{INK}" stroke-dasharray="5 4"/>'
        yield f'<text x="{LEFT + 4}" y="{y - 5}">base rate {100 * base:.1f} %</text>'


def _points(scores: Sequence[Score], top: float) -> Iterator[str]:
    """Each with its value above it."""
    placed: list[tuple[float, float]] = []
    for score in sorted(scores, key=lambda one: one.table.recall or 0):
        table = score.table
        low, high = wilson(table.both, table.warned)
        x, y = _x(table.recall or 0), _y(table.precision or 0, top)
        above = round(_y(high, top) - 5, 1)
        while any(abs(x - left) < WORD and abs(above - taken) < LINE for left, taken in placed):
            above = round(above - 1, 1)
        placed.append((x, above))
        yield f'<line x1="{x}" y1="{_y(low, top)}" x2="{x}" y2="{_y(high, top)}" stroke="{MARK}" stroke-width="1.5"/>'
        yield f'<circle cx="{x}" cy="{y}" r="4" fill="{MARK}"/>'
        yield f'<text x="{x}" y="{above}" text-anchor="middle">{escape(_value(score))}</text>'


def _legend(scores: Sequence[Score]) -> Iterator[str]:
    for i, score in enumerate(scores):
        words = f"{', '.join(score.setting)} = {_value(score)}: {score.a_day:,.1f} alerts a day"
        yield f'<text x="{WIDTH - RIGHT - 4}" y="{TOP + 16 + LINE * i}" text-anchor="end">{escape(words)}</text>'


def _value(score: Score) -> str:
    return ", ".join(shown(name, value) for name, value in score.setting.items())


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - max(share, 0) / top * (HEIGHT - TOP - BOTTOM), 1)
