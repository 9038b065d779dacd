"""Covers agents/demo/scene.py."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from agents.demo.look import Seen
from agents.demo.scene import Lines, Scene, line
from agents.demo.view import View, page
from tests.agents.demo.scenes import NOW, scene

METRICS = "http://127.0.0.1:9464/metrics"


def drawn(it: Scene, width: int, height: int) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    console.print(page(it, width, height, METRICS))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (108, 24), (120, 36), (200, 70)])
@pytest.mark.parametrize("live", [None, 42.0])
@pytest.mark.parametrize("alerts", [0, 1, 30])
def test_the_page_fits_its_terminal(width: int, height: int, live: float | None, alerts: int) -> None:
    lines = drawn(scene(live=live, alerts=alerts), width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_a_glance_tells_what_needs_attention_how_it_goes_and_whether_it_keeps_up() -> None:
    text = "\n".join(drawn(scene(), 120, 36))
    for words in (
        "live for 0:42",
        "20 events/s",
        "3 waiting",
        "20 open",
        "1 page",
        "Falling CES",
        "customer-1, smb, VIP",
        "Ticket was reopened",
        "VIP · 1 event · until an easier answer",
        "FCR",
        "81.6 %",
        "Open by signal",
        METRICS,
    ):
        assert words in text


def test_the_most_urgent_comes_first_and_the_newest_is_there_too() -> None:
    text = "\n".join(drawn(scene(), 120, 36))
    assert text.index("customer-1,") < text.index("customer-2,") < text.index("Found last") < text.index("customer-20,")


def test_the_history_shows_how_far_it_is() -> None:
    text = "\n".join(drawn(scene(live=None), 120, 36))
    assert "60 days of history" in text
    assert "16,000 of 15,500 events" in text


def test_before_anything_is_known_the_page_says_so() -> None:
    text = "\n".join(drawn(Scene(), 120, 36))
    assert "nothing so far" in text
    assert "No readings so far" in text


def test_a_fault_stands_where_the_eye_is() -> None:
    assert "Redis does not answer" in drawn(scene(fault="Redis does not answer"), 100, 30)[1]


def test_the_view_draws_on_a_terminal() -> None:
    file = io.StringIO()
    with View(Console(file=file, force_terminal=True, width=120, height=36), METRICS) as view:
        view.update(scene())
    assert "Falling CES" in file.getvalue()


def test_a_line_says_the_same_in_short() -> None:
    assert line(scene()) == (
        "live 0:42 | 16,000 events (20/s) | 3 waiting | 1,234 readings | 20 alerts open: falling ces 20"
    )
    assert line(scene(live=None)) == "history 16,000 of 15,500 events, 20/s, 20 alerts open"
    assert line(scene(fault="Redis does not answer")).endswith("| Redis does not answer")


def test_lines_come_now_and_then() -> None:
    said: list[str] = []
    with Lines(said.append, every=5.0) as lines:
        for ms in (0, 500, 4_900, 5_000, 9_900):
            lines.update(Scene(Seen(), NOW + ms, 1.0))
    assert len(said) == 2
