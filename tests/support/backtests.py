"""Small histories for outcomes and backtests: events in log order, then the end of the log."""

from __future__ import annotations

from typing import Any

from stream.backtest import Backtest
from stream.claims import Severity
from stream.definitions import Definitions
from stream.infra.tuning import tuned
from stream.outcome import Case, Outcome
from stream.past import journeys, memory
from stream.replay import Replay
from stream.score import Score
from tests.support.builders import DEFINITIONS, SIGNALS_FOUND, START, Told, log_of


def remembered(*events: Told, until: int, d: Definitions = DEFINITIONS) -> Replay:
    """A memory of events, `until` ms after START."""
    found = memory(d)
    for record in log_of(events, (until,))[0]:
        found.hear(0, record)
    found.finish()
    return found


def cases(outcome: Outcome, *events: Told, until: int) -> list[tuple[int, int, int, int | None]]:
    """(since, look, known, happened) of the cases of all customers, in ms after START."""
    found = [c for who in journeys(remembered(*events, until=until)) for c in outcome.cases(who, START + until)]
    return [(c.since - START, c.look - START, c.known - START, _after(c)) for c in found]


def _after(case: Case) -> int | None:
    return None if case.happened is None else case.happened - START


def signal(name: str, **given: Any) -> Any:
    """A signal with other values in its fields."""
    found, said = tuned(SIGNALS_FOUND[name], given)
    assert not said
    return found


def backtest(
    outcome: Outcome, *events: Told, until: int, least: Severity = Severity.info, **signals: Any
) -> list[Score]:
    """The scores of signals, {setting name: signal}, in order."""
    test = Backtest(DEFINITIONS, [({name: i}, one) for i, (name, one) in enumerate(signals.items())], least)
    for record in log_of(events, (until,))[0]:
        test.hear(0, record)
    test.finish()
    return test.scores(outcome)
