"""What signals say so that they are asked less: each is true of what they find. Covers stream/signal.py."""

from __future__ import annotations

from typing import Any

from stream.signal import finders
from tests.contract.test_plugins import every_signal, findings, journeys


@every_signal
def test_while_what_is_given_is_empty_nothing_is_found(signal: Any) -> None:
    if given := getattr(signal, "given", ""):
        for who in journeys():
            assert not [found for view, found in findings(signal, who) if found and not getattr(view, given)]


@every_signal
def test_when_says_the_same_times_without_words(signal: Any) -> None:
    if when := getattr(signal, "when", None):
        said = 0
        for who in journeys():
            for view, found in findings(signal, who):
                assert [span[:2] for span in when(view, who)] == [(one.since, one.until) for one in found]
                said += len(found)
        assert said


@every_signal
def test_who_is_left_out_finds_nothing(signal: Any) -> None:
    if not finders([signal]):
        assert not [found for who in journeys() for _, found in findings(signal, who) if found]
