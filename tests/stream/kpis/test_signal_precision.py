"""Verdicts, counted by signal."""

from stream.alerts import alert_id
from stream.definitions import DAY, HOUR
from tests.support.builders import START, answered, customer, reviewed, run
from tests.support.reading import read

ALERT, OTHER = (alert_id("low_score", "c1", cause) for cause in ("S1", "S2"))
OPENED = [customer(0, segment="smb"), answered("S1", HOUR, 1), answered("S2", 2 * HOUR, 1)]


def verdicts(*rows):
    found = run(*OPENED, *rows, of=("low_score", "signal_precision"))
    return found.panes("signal_precision")


def test_a_verdict_counts_when_its_alert_opened() -> None:
    rows = [reviewed(ALERT, DAY, "low_score", "useful"), reviewed(OTHER, DAY, "low_score", "known")]
    assert verdicts(*rows) == {HOUR: {"num": 1, "den": 1}, 2 * HOUR: {"den": 1}}


def test_another_verdict_on_an_alert_replaces_the_earlier_one_whichever_is_heard_first() -> None:
    useful = reviewed(ALERT, DAY, "low_score", "useful", log=3 * DAY)
    noise = reviewed(ALERT, 2 * DAY, "low_score", "noise")
    assert verdicts(noise, useful, useful._replace(log=4 * DAY)) == {HOUR: {"den": 1}}


def test_it_is_cut_by_signal_and_an_alert_that_is_not_known_counts_when_it_was_reviewed() -> None:
    rows = [reviewed("a", DAY, "low_score", "useful"), reviewed("b", DAY, "low_score", "noise"),
            reviewed("c", 2 * DAY, "falling_ces_segment", "useful", subject="segment:smb")]  # fmt: skip
    r = read("signal_precision", *rows)
    assert r.cuts("all", "den") == {"": 3, "signal=falling_ces_segment": 1, "signal=low_score": 2}
    assert (r.value("all"), r.value("all", "signal=low_score")) == (2 / 3, 0.5)
    assert r["2026-06"].end == START + 30 * DAY


def test_a_forgotten_review_stays_counted() -> None:
    rows = [reviewed("a", DAY, "low_score", "useful"), customer(200 * DAY, segment="x")]
    found = run(*rows, until=210 * DAY, of="signal_precision")
    assert found.total("signal_precision") == {"num": 1, "den": 1}
