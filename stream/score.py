"""What a signal's warnings were worth: one table of warned and happened, with intervals. docs/backtest.md."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from stream import bounds
from stream.bounds import Bounds

LITTLE = 1.2  # a lift below it is of little use, though it be certain
FEW = 5  # warned and happened: if fewer are seen, and fewer were to be expected, nothing is concluded
OPEN = 1.5  # as long as the lift may be as high as this, it is not useless


class Worth(StrEnum):
    """What the interval of the lift says of a rule."""

    WARNS = "warns"  # all above 1, the lift itself not little
    BARELY = "barely"  # all above 1, but little
    USELESS = "useless"  # 1 is in it, much more is not
    OPEN = "too few"  # 1 is in it, and so is much more; or it rests on a handful of cases
    CONTRARY = "contrary"  # all below 1
    NOTHING = "nothing"  # no case, none warned, or it never happened


class Table(Struct, frozen=True):
    """How many of `n` cases were warned, to how many it happened, and both."""

    n: int
    warned: int
    happened: int
    both: int

    @property
    def base(self) -> float | None:
        """Share of all to whom it happened."""
        return _share(self.happened, self.n)

    @property
    def precision(self) -> float | None:
        """Share of those warned to whom it happened."""
        return _share(self.both, self.warned)

    @property
    def recall(self) -> float | None:
        """Share of those to whom it happened that were warned."""
        return _share(self.both, self.happened)

    @property
    def lift(self) -> float | None:
        """Precision / base rate; 1 = whoever is warned fares as everybody."""
        return self.both * self.n / (self.warned * self.happened) if self.warned and self.happened else None

    @property
    def lift_bounds(self) -> Bounds | None:
        """See `bounds.lift`."""
        if not self.warned or not self.happened:
            return None
        return bounds.lift(self.both, self.warned, self.happened, self.n)

    @property
    def worth(self) -> Worth:
        """What follows from it."""
        if self.lift is None or self.lift_bounds is None:
            return Worth.NOTHING
        low, high = self.lift_bounds
        if max(self.both, self.warned * self.happened / self.n) < FEW:
            return Worth.OPEN
        if low > 1:
            return Worth.WARNS if self.lift >= LITTLE else Worth.BARELY
        if high < 1:
            return Worth.CONTRARY
        return Worth.USELESS if high < OPEN else Worth.OPEN


class Score(Struct, frozen=True):
    """One setting of a signal against one outcome. `quiet` = of those that no setting asked for warned of: (to how
    many it happened, how many there are). Times ms; days are of UTC.
    """

    setting: dict[str, int]  # parameter -> value; empty = as the settings have it
    table: Table
    quiet: tuple[int, int]
    left_out: int  # cases of which the log does not tell yet
    alerts: int  # opened, on whatever
    withdrawn: int  # of them
    days: float  # that the log spans
    peak: tuple[int, int]  # alerts on the worst day, and when it began
    leads: list[int] = field(default_factory=list)  # from the first alert to what happened, ascending

    @property
    def a_day(self) -> float:
        return self.alerts / self.days

    @property
    def lead(self) -> int | None:
        """Median, ms: the lower one of two."""
        return self.leads[(len(self.leads) - 1) // 2] if self.leads else None

    @property
    def against_quiet(self) -> float | None:
        """Precision / the rate among the quiet."""
        happened, n = self.quiet
        return self.table.precision * n / happened if happened and self.table.precision is not None else None

    @property
    def against_quiet_bounds(self) -> Bounds | None:
        """See `bounds.ratio`."""
        happened, n = self.quiet
        if not happened or not self.table.both:
            return None
        return bounds.ratio(self.table.both, self.table.warned, happened, n)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
