"""A customer said that it was bad: NPS 0-6, CSAT 1-2 of 5, CES hard. Until a better answer, at most 60 d."""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.journey import Journey, Survey
from stream.signal import SHOWN, Plugin
from stream.surveys import is_low


class LowScore(Plugin):
    """Of a CSAT scale with other steps the two worst scores, as far as they are in its worse half."""

    name = "low_score"
    on = frozenset({"survey.answered"})
    warns_of = "churn"
    of = Survey
    reads = frozenset({"surveys"})
    given = "answers"

    holds_ms = 60 * DAY

    def find(self, it: Survey, who: Journey) -> Iterable[Finding]:
        for since, until, low in low_intervals(it, self.holds_ms):
            _, score, _ = low[-1]
            scale = it.definition
            yield Finding(
                cause=it.id,
                since=since,
                until=until,
                severity=Severity.queue,
                text=f"Answered {score} to {it.kind} ({scale.low} to {scale.high}, {scale.better} is good)",
                evidence=tuple(uid for _, _, uid in low[-SHOWN:]),
                numbers=(("score", score), ("scale_low", scale.low), ("scale_high", scale.high)),
                clears="an answer that is not low, or 60 d",
            )


def low_intervals(it: Survey, holds_ms: int) -> Iterable[tuple[int, int, list[tuple[int, int, int]]]]:
    """(since, until, low answers) for each run of low answers, each within reach of the one before."""
    run: list[tuple[int, int, int]] = []
    for answer in it.answers:
        low = is_low(it.definition, answer[1])
        if run and (not low or answer[0] > run[-1][0] + holds_ms):
            if answer[0] > run[0][0]:
                yield run[0][0], min(answer[0], run[-1][0] + holds_ms), run
            run = []
        if low:
            run.append(answer)
    if run:
        yield run[0][0], run[-1][0] + holds_ms, run


SIGNAL = LowScore()
