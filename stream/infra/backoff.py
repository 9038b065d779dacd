"""When to try again what failed: exponential backoff with jitter, and never sooner than was asked for."""

from __future__ import annotations

from collections.abc import Callable

from stream.infra.sinks import Clock


class Backoff:
    """Pauses of `first` s, doubling up to `longest`, each +- half by chance; one asked for holds up to `patience` s."""

    def __init__(
        self, clock: Clock, chance: Callable[[], float], *, first: float, longest: float, patience: float
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._first, self._longest, self._patience = first, longest, patience
        self._failures = 0
        self._not_before = 0.0

    @property
    def wait(self) -> float:
        """Seconds until the next attempt may be made; 0 = now."""
        return max(self._not_before - self._clock(), 0.0)

    def failed(self, after: float | None = None) -> None:
        """An attempt failed; `after` = the pause in seconds that the other side asked for."""
        wait = min(self._first * 2 ** min(self._failures, 30), self._longest) * (0.5 + self._chance())
        self._not_before = self._clock() + max(wait, min(after or 0.0, self._patience))
        self._failures += 1

    def well(self) -> None:
        self._failures, self._not_before = 0, 0.0
