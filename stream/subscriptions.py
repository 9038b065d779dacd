"""A subscription as its steps tell it: it runs [started, ended). CATALOGUE section 0."""

from __future__ import annotations

from stream import steps as S
from stream.claims import Cut
from stream.steps import Step


class Subscription:
    """Derived from sorted steps; never stored. Times ms.

    `renewals` = when it was renewed; `dues` = [(announced, due at, uid)]; `cancelled` = when that was said;
    `ended` = effective_at, else the cancel's time, never before the cancel's time.
    """

    __slots__ = ("cancelled", "cuts", "dues", "ended", "id", "renewals", "segment", "stage", "started", "steps")

    def __init__(self, id_: str, steps: list[Step]) -> None:
        self.id = id_
        self.steps = steps
        self.segment, self.stage = steps[0].segment, steps[0].stage
        self.cuts: dict[tuple[int, Cut], Cut] = {}
        self.started = next(S.of_kind(steps, S.STARTED)).at
        self.renewals = [s.at for s in S.of_kind(steps, S.RENEWED)]
        self.dues: list[tuple[int, int, int]] = [(s.at, s.data[0], s.uid) for s in S.of_kind(steps, S.RENEWAL_DUE)]
        cancels = [s for s in S.of_kind(steps, S.CANCELLED) if s.at >= self.started]
        self.cancelled: int | None = cancels[0].at if cancels else None
        self.ended: int | None = max(cancels[0].at, S.value(cancels[0], 0) or 0) if cancels else None


def has_head(steps: list[Step]) -> bool:
    """Whether the start is known."""
    return any(s.kind == S.STARTED for s in steps)
