"""Surveys go out and answers stay away: `kpi_fell` on survey_response_rate, kind by kind.

A response rate counts by the time a survey was sent, and answers take days (half within 1.6 d, 90 % within 4.9 d on a
real log): the newest day always looks collapsed. So the newest window is that of 7 d ago, when its answers have come.
"""

from __future__ import annotations

from typing import Literal

from stream.definitions import DAY
from stream.falls import KpiFell


class ResponseCollapse(KpiFell):
    """A baseline of 27 d: with the lag, what is kept of hours (36 d) has no room for more."""

    name = "response_collapse"
    warns_of = "blind spot"
    kpi = "survey_response_rate"
    cut: str | None = "kind"
    better: Literal["higher", "lower"] = "higher"
    lag = 7 * DAY
    baseline = 27 * DAY


WATCH = ResponseCollapse()
