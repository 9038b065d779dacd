"""A subscription as its steps tell it: it runs [started, ended). CATALOGUE section 0."""

from __future__ import annotations

from typing import Any

from stream import steps as S
from stream.claims import Cut
from stream.steps import Step


class Subscription:
    """Derived from sorted steps; never stored. Times ms.

    `terms` = [(from, (product, amount, currency, interval, quantity))]; `renewals` = when it was renewed;
    `dues` = [(announced, due at, uid)]; `cancelled` = when the cancel that holds was said; `ended` = its effective_at,
    else its time, never before its time. While an end lies ahead, a later cancel moves it and a renewal takes it back;
    after the end nothing changes, and neither does a second `started`.
    """

    __slots__ = ("cancelled", "cuts", "dues", "ended", "id", "renewals", "segment", "stage", "started", "steps",
                 "terms")  # fmt: skip

    def __init__(self, id_: str, steps: list[Step]) -> None:
        self.id = id_
        self.steps = steps
        self.cuts: dict[int, tuple[Cut, Cut]] = {}
        self.segment, self.stage = steps[0].segment, steps[0].stage
        self.started = next(S.of_kind(steps, S.STARTED)).at
        self.dues: list[tuple[int, int, int]] = [(s.at, s.data[0], s.uid) for s in S.of_kind(steps, S.RENEWAL_DUE)]
        self.terms: list[tuple[int, tuple[Any, ...]]] = []
        self.renewals: list[int] = []
        self.cancelled: int | None = None
        self.ended: int | None = None
        for step in steps:
            self._take(step)

    def _take(self, step: Step) -> None:
        kind = step.kind
        if self.ended is not None and step.at >= self.ended:
            return
        if not self.terms:
            if kind == S.STARTED:
                self.terms.append((step.at, step.data))
        elif kind == S.CANCELLED:
            self.cancelled = step.at
            self.ended = max(step.at, S.value(step, 0) or 0)
        elif kind in (S.CHANGED, S.RENEWED):
            self.terms.append((step.at, step.data))
            if kind == S.RENEWED:
                self.renewals.append(step.at)
                self.cancelled = self.ended = None


def has_head(steps: list[Step]) -> bool:
    """Whether the start is known."""
    return any(s.kind == S.STARTED for s in steps)
