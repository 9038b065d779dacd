"""It gets harder for one customer: the last 3 efforts of a kind rise, and their mean is at least 0.6 of 1.

Until an easier answer, or 60 d after the last answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream.claims import Finding, Severity
from stream.definitions import DAY, Survey
from stream.journey import Journey
from stream.signal import Plugin
from stream.steps import ANSWERED, Step
from stream.surveys import effort

Answer = tuple[int, int, int]  # at, effort in millionths, uid


class FallingCes(Plugin):
    name = "falling_ces"
    needs = "surveys"
    on = frozenset({"survey.answered"})
    warns_of = "churn"
    of = Journey
    reads = frozenset({"surveys"})

    mean_effort_millionths = 600_000
    holds_ms = 60 * DAY

    def kinds(self, definitions: dict[str, Survey]) -> tuple[str, ...]:
        """The survey definitions that it looks at."""
        return tuple(name for name, scale in definitions.items() if scale.family == "ces")

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        scales = it.definitions.surveys
        by_kind: dict[str, list[list[Step]]] = {}
        for steps in it.records("surveys").values():
            kind = steps[-1].data[0]
            if scales[kind].family == "ces":
                by_kind.setdefault(kind, []).append(steps)
        found: list[Finding] = []
        for kind in sorted(by_kind):
            if len(by_kind[kind]) > 2:
                found += self._of(kind, _answers(by_kind[kind], scales[kind]))
        return found

    def _of(self, kind: str, answers: list[Answer]) -> Iterator[Finding]:
        i = 2
        while i < len(answers):
            if not self._falls(answers[i - 2 : i + 1]):
                i += 1
                continue
            last = i
            while last + 1 < len(answers) and self._goes_on(answers[last], answers[last + 1]):
                last += 1
            until = answers[last][0] + self.holds_ms
            if last + 1 < len(answers):
                until = min(until, answers[last + 1][0])
            yield self._finding(kind, answers[i - 2 : last + 1], answers[i][0], until)
            i = last + 1

    def _falls(self, three: list[Answer]) -> bool:
        a, b, c = (e for _, e, _ in three)
        return a < b < c and a + b + c >= 3 * self.mean_effort_millionths

    def _goes_on(self, now: Answer, then: Answer) -> bool:
        return then[1] >= now[1] and then[0] <= now[0] + self.holds_ms

    def _finding(self, kind: str, run: list[Answer], since: int, until: int) -> Finding:
        three = run[-3:]
        mean = sum(e for _, e, _ in three) // 3
        shown = ", ".join(f"{e / 1_000_000:.2f}" for _, e, _ in three)
        return Finding(
            cause=kind,
            since=since,
            until=until,
            severity=Severity.queue,
            text=f"Effort rises: the last 3 {kind} answers were {shown} (0 = easy, 1 = hard)",
            evidence=tuple(uid for *_, uid in three),
            numbers=(("mean_effort_millionths", mean), ("limit_millionths", self.mean_effort_millionths)),
            clears="an easier answer, or 60 d without one",
        )


def _answers(surveys: list[list[Step]], scale: Survey) -> list[Answer]:
    """The latest answer to each, in order."""
    latest = [next((s for s in reversed(steps) if s.kind == ANSWERED), None) for steps in surveys]
    answers = [(s.at, effort(scale, s.data[1]), s.uid) for s in latest if s is not None]
    return sorted(answers, key=lambda a: (a[0], a[2]))


SIGNAL = FallingCes()
