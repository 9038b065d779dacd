"""The picture of a sweep: well formed, everything inside, precision upwards and recall to the right."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET

from agents.chart import HEIGHT, LINE, WIDTH, WORD, trade_off
from stream.score import Score, Table

SVG = "{http://www.w3.org/2000/svg}"


def score(value: int, warned: int, both: int) -> Score:
    return Score({"teams": value}, Table(3_245, warned, 664, both), (116, 876), 8, 100, 0, 10.0, (9, 0))


SCORES = [score(2, 2_369, 548), score(3, 944, 296), score(4, 460, 166), score(5, 402, 155), score(6, 394, 153)]


def drawn(*scores: Score, title: str = "a against b") -> ET.Element:
    return ET.fromstring(trade_off(title, scores))


def test_a_point_for_each_setting() -> None:
    root = drawn(*SCORES)
    points = [(float(one.get("cx", 0)), float(one.get("cy", 0))) for one in root.iter(f"{SVG}circle")]
    assert len(points) == 5
    xs, ys = zip(*points, strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys)  # downwards: the more is found, the less precise, in these
    places = [float(one.get(key, 0)) for one in root.iter() for key in ("x", "x1", "x2", "cx")]
    assert 0 <= min(places) <= max(places) <= WIDTH
    heights = [float(one.get(key, 0)) for one in root.iter() for key in ("y", "y1", "y2", "cy")]
    assert 0 <= min(heights) <= max(heights) <= HEIGHT


def test_labels_do_not_cover_one_another() -> None:
    labels = [one for one in drawn(*SCORES).iter(f"{SVG}text") if one.text in {"2", "3", "4", "5", "6"}]
    places = [(float(one.get("x", 0)), float(one.get("y", 0))) for one in labels]
    assert len(places) == 5
    assert all(abs(x - u) >= WORD or abs(y - v) >= LINE - 1 for (x, y), (u, v) in combinations(places, 2))
    assert "teams = 3: 10.0 alerts a day" in [one.text for one in drawn(*SCORES).iter(f"{SVG}text")]


def test_text_is_text_and_the_base_rate_is_there() -> None:
    root = drawn(*SCORES, title="a < b & c")
    assert root.findtext(f"{SVG}title") == "a < b & c"
    assert "base rate 20.5 %" in [one.text for one in root.iter(f"{SVG}text")]


def test_nothing_to_draw() -> None:
    """Nobody warned, or nobody there: axes alone."""
    assert not list(drawn(score(2, 0, 0)).iter(f"{SVG}circle"))
    empty = Score({"teams": 2}, Table(0, 0, 0, 0), (0, 0), 0, 0, 0, 1.0, (0, 0))
    assert not list(drawn(empty).iter(f"{SVG}circle"))
