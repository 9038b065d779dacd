"""What a signal's alerts were worth to people, and the signals that may not page because of it.

Of the last 100 alerts of a signal that somebody reviewed, the share found useful. A signal that falls below what is
asked is queued until it is found useful often enough again; it goes on being reviewed in the queue.
"""

from __future__ import annotations

from stream.claims import Alert, Severity, Verdict
from stream.memory import Memory, Worth
from stream.policy import Policy
from stream.summaries import DEMOTED, ended, opened

LAST = 100  # reviewed alerts that count


class Precision:
    """The worth of every signal, in delivery's memory."""

    def __init__(self, policy: Policy, memory: Memory, run: int) -> None:
        self._policy = policy
        self._memory = memory
        self._run = run

    def notice(self, signal: str) -> str:
        """The id of the alert that says why a signal may not page; "" = it may."""
        found = self._memory.get(Worth, signal)
        return found.notice if found is not None else ""

    @property
    def demoted(self) -> list[str]:
        """The signals that may not page."""
        return sorted(name for name, worth in self._memory.all(Worth).items() if worth.notice)

    def review(self, signal: str, verdict: Verdict, clock: int, known: Alert | None) -> Alert | None:
        """Take a verdict on an alert of a signal; the change to the signal's notice (`known`), if there is one.

        The newest by event time counts, once an alert.
        """
        worth = self._memory.get(Worth, signal) or Worth()
        said = (verdict.at, verdict.verdict)
        if said <= worth.verdicts.get(verdict.reviewed, (0, "")):
            return None
        worth.verdicts.pop(verdict.reviewed, None)
        worth.verdicts[verdict.reviewed] = said
        if len(worth.verdicts) > LAST:
            del worth.verdicts[next(iter(worth.verdicts))]
        self._memory.keep(signal, worth)
        return self._judge(signal, worth, clock, known)

    def _judge(self, signal: str, worth: Worth, clock: int, known: Alert | None) -> Alert | None:
        n = len(worth.verdicts)
        useful = sum(verdict == "useful" for _, verdict in worth.verdicts.values())
        numbers = {"useful": useful, "reviewed": n}
        asked = self._policy
        if worth.notice and known is not None and useful >= asked.precision_back * n:
            worth.notice = ""
            return ended(known, clock, f"{signal} may page again: {useful} of its last {n} alerts were useful", numbers)
        if worth.notice or n < asked.reviews or useful >= asked.precision * n:
            return None
        notice = opened(
            DEMOTED, f"signal:{signal}", clock,
            f"{signal} does not page any more: {useful} of its last {n} reviewed alerts were useful",
            severity=Severity.queue,
            clears=f"{asked.precision_back:.0%} of its reviewed alerts are useful",
            run=self._run, numbers=numbers, about=list(reversed(worth.verdicts)), cut={},
        )  # fmt: skip
        worth.notice = notice.id
        return notice
