"""`[kpis.NAME]`: other values in a KPI's fields, or a variant of a KPI (`of`) under a name of its own; benchmarks.

A variant is its parent as the plug-in has it, with other fields. Both are then checked against the definitions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from math import isfinite
from typing import Any

import msgspec
from msgspec import Struct

from stream.benchmarks import Benchmark
from stream.definitions import DAY, Definitions, Survey
from stream.faults import Reader, unknown
from stream.infra.tuning import Said, altered, tuned
from stream.windows import LENGTHS

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RANGES = {"ratio": (0, 1), "points": (-100, 100)}  # by unit
_AT_LEAST_0 = frozenset({"s", "tickets", "customers", "views", "per ticket"})


class Mark(Struct, frozen=True, forbid_unknown_fields=True):
    """A benchmark as settings have it."""

    name: str
    value: float
    source: str = ""
    year: int | None = None


def declared(
    found: Mapping[str, Any], tunings: Mapping[str, Any], definitions: Definitions, taken: Collection[str]
) -> tuple[dict[str, Any], Said]:
    """All KPIs: those `found`, as `[kpis]` tunes them, and its variants; what is wrong, as (path, value, mend).

    `taken` = names of other plug-ins.
    """
    kpis, said = dict(found), Said()
    for name, given in tunings.items():
        parent, faults = _parent(name, given, found, taken)
        if parent is not None:
            kpis[name], more = _declared(parent, given, definitions)
            faults += more
        said += [((name, *where), value, mend) for where, value, mend in faults]
    return {name: _turned(kpis[name], definitions) for name in sorted(kpis)}, said


def _parent(name: str, given: Mapping[str, Any], found: Mapping[str, Any], taken: Collection[str]) -> tuple[Any, Said]:
    """The plug-in that a table speaks of: its own, or that of `of` under a new name; None if there is none."""
    of = given.get("of")
    if name in found or of is None:
        mend = f'{unknown(name, found)}; a variant says of = "..."'
        return found.get(name), [] if name in found else [((), None, mend)]
    if not _NAME.fullmatch(name):
        return None, [((), None, "is no name: write small letters, digits and _")]
    if name in taken:
        return None, [((), None, "is the name of a signal: take another")]
    if of not in found:
        return None, [(("of",), of, unknown(str(of), found))]
    return altered(found[of], name=name, variant_of=of, benchmarks=()), []


def _declared(kpi: Any, given: Mapping[str, Any], definitions: Definitions) -> tuple[Any, Said]:
    apart = {"benchmarks", "of"} if hasattr(kpi, "variant_of") else {"benchmarks"}
    other, said = tuned(kpi, {name: value for name, value in given.items() if name not in apart})
    said += [] if said else [((field,), given[field], mend) for field, mend in _faults(other, given, definitions)]
    if "benchmarks" in given:
        marks, faults = _benchmarks(other, given["benchmarks"], definitions)
        other, said = altered(other, benchmarks=marks), [*said, *faults]
    return other, said


def _turned(kpi: Any, definitions: Definitions) -> Any:
    """Of a score the survey's definition says which end of the scale is the good one."""
    scale = _scale(kpi, definitions)
    return altered(kpi, better=f"{scale.better}er") if scale is not None else kpi


def _scale(kpi: Any, definitions: Definitions) -> Survey | None:
    """The scale of a native score; None for any other KPI, and where nobody defines one."""
    kinds = kpi.kinds(definitions.surveys) if kpi.unit == "score" and hasattr(kpi, "kinds") else ()
    return next((definitions.surveys[kind] for kind in kinds if kind in definitions.surveys), None)


# -- What the definitions can not give ---------------------------------------------------------------------------


def _faults(kpi: Any, given: Collection[str], definitions: Definitions) -> Iterator[tuple[str, str]]:
    """What is wrong with the fields that were given, as (field, mend)."""
    asks = {"windows": _windows, "cuts": _cuts}
    for field in given:
        value = getattr(kpi, field, None)
        if field == "surveys":
            yield from ((field, mend) for mend in _surveys(kpi, definitions))
        elif field in asks:
            yield from ((field, mend) for mend in asks[field](kpi))
        elif isinstance(value, int) and value < 0:
            yield field, "must not be negative"
        elif isinstance(value, int) and value > (longest := _longest(kpi, definitions)).get(field, value):
            yield field, f"must be at most {longest[field] // DAY} d: no longer is all that it looks at kept"


def _windows(kpi: Any) -> Iterator[str]:
    """A level is read now, a cohort of a month by months; what is summed, over any window that the panes have."""
    own: tuple[str, ...] = type(kpi).windows
    known = {**dict.fromkeys((*LENGTHS, "month")), **dict.fromkeys(own)} if LENGTHS.keys() & set(own) else own
    if not kpi.windows:
        yield f"must name one of {', '.join(known)}"
    for window in kpi.windows:
        if window not in known:
            yield f'"{window}" {unknown(window, known)}'


def _cuts(kpi: Any) -> Iterator[str]:
    for cut in kpi.cuts:
        if cut not in type(kpi).cuts:
            yield f'"{cut}" {unknown(cut, type(kpi).cuts)}'


def _surveys(kpi: Any, definitions: Definitions) -> Iterator[str]:
    """Survey definitions of the KPI's family; of one scale, where scores are added up as they are."""
    known = {kind: survey for kind, survey in definitions.surveys.items() if survey.family == kpi.family}
    for kind in kpi.surveys:
        if kind not in definitions.surveys:
            yield f'"{kind}" {unknown(kind, known)}; [surveys.{kind}] would define it'
        elif kind not in known:
            yield f'"{kind}" is of the family {definitions.surveys[kind].family}, not {kpi.family}'
        elif getattr(kpi, "one_scale", True) and known[kind] != known.get(kpi.surveys[0], known[kind]):
            yield f'"{kind}" has another scale than "{kpi.surveys[0]}": make a variant of its own for it'


def _longest(kpi: Any, definitions: Definitions) -> dict[str, int]:
    """By field: how far a KPI can look, ms, before what it looks at may be forgotten. Optional attribute `longest`
    says it of other fields.
    """
    keep = definitions.keep
    kept = keep.usage if {"usage", "features"} & kpi.reads else keep.records
    return {"lasts": kept, "silent": kept, "matures": kept} | getattr(type(kpi), "longest", {})


# -- Benchmarks ---------------------------------------------------------------------------------------------------


def _benchmarks(kpi: Any, given: Any, definitions: Definitions) -> tuple[tuple[Benchmark, ...], Said]:
    """`[[kpis.NAME.benchmarks]]`, or one table."""
    several = given if isinstance(given, list) else [given]
    reader, marks = Reader(), []
    for place, one in enumerate(several):
        path = ("benchmarks", str(place)) if isinstance(given, list) else ("benchmarks",)
        mark = reader.read(one, Mark, path)
        if mark is not None and (mend := beyond(kpi, mark.value, definitions)):
            reader.said.append(((*path, "value"), mark.value, mend))
        elif mark is not None:
            marks.append(Benchmark(*msgspec.structs.astuple(mark)))
    names = [mark.name for mark in marks]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        reader.said.append((("benchmarks",), doubled[0], "is the name of two benchmarks"))
    return tuple(marks), reader.said


def beyond(kpi: Any, value: float, definitions: Definitions) -> str | None:
    """Why a KPI can not have a value; None if it can. Optional attribute `bounds` = (least, most), None = no limit."""
    if not isfinite(value):
        return "is no number"
    scale = _scale(kpi, definitions)
    low, high = (scale.low, scale.high) if scale is not None else getattr(kpi, "bounds", _range(kpi.unit))
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    limits = f"{low} to {high}" if high is not None else f"at least {low}"
    return f"is outside what {kpi.name} can be: {limits} {kpi.unit}"


def _range(unit: str) -> tuple[float | None, float | None]:
    return _RANGES.get(unit, (0 if unit in _AT_LEAST_0 else None, None))
