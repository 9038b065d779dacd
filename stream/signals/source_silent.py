"""A source that is usually there has given nothing for 3 x its own p99 gap. Until it speaks.

The usual gap is learnt, not set. The quantile is by time: in 99 % of the time the running gap is no longer than
this. By count a source that pauses every night would be called silent every night, since a day has hundreds of short
gaps and one long one. Judged by stream/silence.py at its time, in beats of log time, not by panes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stream.claims import Finding, Panes, Severity
from stream.definitions import BEAT, DAY
from stream.histogram import buckets, middle
from stream.signal import words

EXACT = 1 << 52  # times a float that is at least 1 is whole, so that sums and shares are exact


class SourceSilent:
    """Who was heard fewer than `min_n` times, or for less than a week, is not usually there."""

    name = "source_silent"
    version = 1
    warns_of = "blind spot"
    kpi = ""  # of no KPI: of what every source gives
    cut: str | None = "source"
    grain = BEAT
    min_n = 100
    linger = 0

    percent = 99
    times = 3
    learn_ms = 7 * DAY

    def find(self, panes: Panes, closed: int) -> Iterable[Finding]:
        """Nothing: no pane tells when a source was last heard."""
        return ()

    def limit(self, gaps: Mapping[str, int], known_ms: int) -> int | None:
        """How long it may be silent, ms, in whole beats; None while it is not usually there. `gaps` in log buckets."""
        counts = buckets(gaps, "g")
        if sum(counts.values()) < self.min_n or known_ms < self.learn_ms:
            return None
        times = {label: middle(label) * n for label, n in counts.items()}
        left = self.percent * int(sum(times.values()) * EXACT)
        for label, time in times.items():
            left -= 100 * int(time * EXACT)
            if left <= 0:
                return -(-round(self.times * middle(label) * 1000) // BEAT) * BEAT
        return None

    def finding(self, source: str, since: int, limit: int) -> Finding:
        """It holds from `since`, ms."""
        usual = limit // self.times
        return Finding(
            cause=source,
            since=since,
            severity=Severity.page,
            text=f"Nothing from {source} for {words(limit)}; in {self.percent} % of the time its gaps are within "
            f"{words(usual)}",
            numbers=(("silent_ms", limit), ("usual_gap_ms", usual)),
            clears="the source speaks",
        )


WATCH = SourceSilent()
