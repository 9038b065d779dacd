"""Which values of a dimension are told apart, and the cuts that a fact counts in."""

from __future__ import annotations

from collections.abc import Iterator

from stream.claims import Cut, Kpi
from stream.definitions import Definitions
from stream.panes import Put, encode, key

OTHER = "other"
ROWS = "l"


class Labels:
    """Label values of one layer: those of an allow-list, else the first so many of a KPI and dimension."""

    def __init__(self, layer: str, definitions: Definitions) -> None:
        self.overflowed: dict[str, dict[str, int]] = {}  # facts counted under `other`, by KPI and dimension
        self._layer = layer
        self._limit = definitions.label_limit
        self._allowed = {dim: frozenset(values) for dim, values in definitions.labels.items()}
        self._pairs = tuple(tuple(sorted(pair)) for pair in definitions.pairs)
        self._seen: dict[tuple[str, str], dict[str, None]] = {}
        self._dirty: dict[tuple[str, str], None] = {}

    def restore(self, kpi: str, dim: str, values: list[str]) -> None:
        self._seen[kpi, dim] = dict.fromkeys(values)

    def cuts(self, kpi: Kpi, cut: Cut) -> list[Cut]:
        """All cuts in which a fact of `cut` counts: all, each dimension of the KPI, and the pairs of the settings."""
        known = {dim: self.label(kpi.name, dim, value) for dim, value in cut if dim in kpi.cuts}
        cuts: list[Cut] = [(), *(((dim, value),) for dim, value in known.items())]
        cuts += [((a, known[a]), (b, known[b])) for a, b in self._pairs if a in known and b in known]
        return cuts

    def flush(self) -> Iterator[Put]:
        """The rows of dimensions in which a value was first seen."""
        for kpi, dim in self._dirty:
            yield key(ROWS, self._layer, kpi, dim), encode(list(self._seen[kpi, dim]))
        self._dirty.clear()

    def label(self, kpi: str, dim: str, value: str) -> str:
        """The value if it is told apart, else `other`."""
        allowed = self._allowed.get(dim)
        if allowed is not None:
            return value if value in allowed else self._other(kpi, dim)
        seen = self._seen.setdefault((kpi, dim), {})
        if value in seen:
            return value
        if len(seen) >= self._limit:
            return self._other(kpi, dim)
        seen[value] = None
        self._dirty[kpi, dim] = None
        return value

    def _other(self, kpi: str, dim: str) -> str:
        counts = self.overflowed.setdefault(kpi, {})
        counts[dim] = counts.get(dim, 0) + 1
        return OTHER
