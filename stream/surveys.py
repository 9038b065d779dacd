"""A survey as its steps tell it. CATALOGUE section 0: the score is the latest answer, in time is the earliest."""

from __future__ import annotations

from stream import definitions as D
from stream import steps as S
from stream.claims import Cut
from stream.steps import Step


class Survey:
    """Derived from sorted steps; never stored. `answers` = [(at, score, uid)] in order; times ms.

    `answered` = time of the answer that gives the score, `ces_answered` and so on the same if it is of that family;
    `dims` = channel, team and topic of its ticket as now known (set by the journey).
    `sent` = when it reached the customer: the earliest sending after the latest that is said
    not to have been delivered; None if there is none.
    """

    __slots__ = ("answered", "answers", "ces_answered", "comment", "csat_answered", "cuts", "definition", "dims", "id",
                 "kind", "nps_answered", "segment", "sent", "stage", "steps", "ticket")  # fmt: skip

    def __init__(self, id_: str, steps: list[Step], definitions: dict[str, D.Survey]) -> None:
        self.id, self.steps = id_, steps
        self.dims: Cut = ()
        self.cuts: dict[int, tuple[Cut, Cut]] = {}
        self.segment, self.stage = steps[0].segment, steps[0].stage
        self.sent: int | None = None
        self.ticket: str | None = None
        self.comment: str | None = None
        self.answers: list[tuple[int, int, int]] = []
        self._read()
        self.answered = self.answers[-1][0] if self.answers else None
        self.kind: str = steps[-1].data[0]
        self.definition = definitions[self.kind]
        family = self.definition.family
        self.ces_answered = self.answered if family == "ces" else None
        self.csat_answered = self.answered if family == "csat" else None
        self.nps_answered = self.answered if family == "nps" else None

    def _read(self) -> None:
        for step in self.steps:
            data = step.data
            if step.kind == S.ANSWERED:
                self.answers.append((step.at, data[1], step.uid))
                if len(data) > 3:
                    self.comment = data[3] or self.comment  # the latest that says something
            elif step.kind == S.SENT:
                self.sent = None if not data[1] else step.at if self.sent is None else self.sent
            if self.ticket is None and len(data) > 2:
                self.ticket = data[2] or None

    @property
    def score(self) -> int | None:
        return self.answers[-1][1] if self.answers else None


def ticket_of(steps: list[Step]) -> str | None:
    """The ticket that the survey is about: the earliest step that names one."""
    for step in steps:
        if len(step.data) > 2 and step.data[2]:
            ticket: str = step.data[2]
            return ticket
    return None


def effort(definition: D.Survey, score: int) -> int:
    """The score brought to 0 = easy .. 1,000,000 = hard by scale and direction, in millionths, half up."""
    low, high = definition.low, definition.high
    hard = high - score if definition.better == "high" else score - low
    return (2_000_000 * hard + (high - low)) // (2 * (high - low))


def is_easy(definition: D.Survey, score: int) -> bool:
    """In the easy half of the scale: 5-7 of 1-7."""
    return 2 * effort(definition, score) < 1_000_000 and not _middle(definition, score)


def is_hard(definition: D.Survey, score: int) -> bool:
    """In the hard half of the scale: 1-3 of 1-7."""
    return 2 * effort(definition, score) > 1_000_000 and not _middle(definition, score)


def _middle(definition: D.Survey, score: int) -> bool:
    return 2 * score == definition.low + definition.high


def goodness(definition: D.Survey, score: int) -> int:
    """Steps above the bad end of the scale."""
    return score - definition.low if definition.better == "high" else definition.high - score


def is_low(definition: D.Survey, score: int) -> bool:
    """NPS 0-6, CSAT the two worst scores as far as they are in the worse half (1-2 of 5, 1 of 3), CES hard."""
    if definition.family == "nps":
        return goodness(definition, score) <= 6
    if definition.family == "csat":
        return goodness(definition, score) <= 1 and is_hard(definition, score)
    return is_hard(definition, score)


_pools: dict[tuple[int, str], tuple[dict[str, D.Survey], tuple[str, ...]]] = {}  # by identity: asked for every event


def pool(definitions: dict[str, D.Survey], family: str) -> tuple[str, ...]:
    """The survey definitions that one KPI of a family adds up: those with the scale of the one named like the
    family (else of the first by name). Scores of other scales are never pooled.
    """
    known = _pools.get((id(definitions), family))
    if known is None or known[0] is not definitions:
        if len(_pools) > 1_000:  # many definitions are a matter of tests
            _pools.clear()
        known = _pools[id(definitions), family] = (definitions, _pool(definitions, family))
    return known[1]


def _pool(definitions: dict[str, D.Survey], family: str) -> tuple[str, ...]:
    names = sorted(n for n, d in definitions.items() if d.family == family)
    if not names:
        return ()
    model = definitions[family if family in names else names[0]]
    return tuple(n for n in names if definitions[n] == model)
