"""Fields of a plug-in that settings may give other values: a copy of it, by the types that the fields have."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from stream.faults import duration, unknown

Where = tuple[str, ...]
Said = list[tuple[Where, Any, str]]  # (path, value, mend)
# What a plug-in is, not how it is tuned: another value would be another plug-in under its name.
FIXED = frozenset(
    {
        "name",
        "version",
        "unit",
        "better",
        "of",
        "reads",
        "on",
        "flows",
        "levels",
        "family",
        "warns_of",
        "benchmarks",
        "needs",
    }
)
FIXED |= {"given", "views"}  # of signals; of those that look at page views
FIXED |= {"ages", "ahead", "begins", "bounds", "longest", "one_scale", "span", "variant_of"}  # of KPIs
FIXED |= {"kpi", "cut", "grain", "kind", "scale"}  # of watches
FIXED |= {"what", "whom"}  # of outcomes
_TUNED = (bool, int, float, str, tuple, dict)


def tuned(plugin: Any, tuning: Mapping[str, Any]) -> tuple[Any, Said]:
    """A copy of a plug-in with other values in its fields, and what is wrong with those, as (path, value, mend).

    A field takes a value of the type that it has; a whole number may be given as a duration ("8h"), in ms.
    """
    known = fields(plugin)
    values: dict[str, Any] = {}
    said: Said = []
    for name, value in tuning.items():
        if name in FIXED:
            said.append(((name,), value, "is fixed by the plug-in"))
        elif name not in known:
            said.append(((name,), None, unknown(name, known)))
        else:
            try:
                values[name] = _like(known[name], value)
            except ValueError as error:
                said.append(((name,), value, str(error).replace("`", "").replace("Expected", "expected", 1)))
    try:
        return altered(plugin, **values), said
    except ValueError as error:  # what spans several fields
        return plugin, [*said, ((), None, str(error))]


def fields(plugin: Any) -> dict[str, Any]:
    """The fields that settings may give a value, with their types: plain data, not fixed."""
    if isinstance(plugin, Struct):
        return {field.name: field.type for field in msgspec.structs.fields(plugin) if field.name not in FIXED}
    kind = type(plugin)
    computed = {name for base in kind.__mro__ for name, member in vars(base).items() if isinstance(member, property)}
    names = [name for name in dir(plugin) if not name.startswith("_") and name not in FIXED | computed]
    said = {name: get_args(h)[0] if get_origin(h) is ClassVar else h for name, h in get_type_hints(kind).items()}
    values = {name: getattr(plugin, name) for name in names}
    return {name: said.get(name, _type(value)) for name, value in values.items() if isinstance(value, _TUNED)}


def altered(plugin: Any, **values: Any) -> Any:
    """A copy of a plug-in with other values. Raises ValueError for what does not go together."""
    if isinstance(plugin, Struct):
        return msgspec.structs.replace(plugin, **values)
    other = copy.copy(plugin)
    for name, value in values.items():
        setattr(other, name, value)
    return other


def _type(value: Any) -> Any:
    return tuple[type(value[0]), ...] if isinstance(value, tuple) and value else type(value)  # type: ignore[misc]


def _like(kind: Any, value: Any) -> Any:
    """`value` as `kind`. Raises ValueError."""
    if kind is int and isinstance(value, str):
        return duration(value)
    if get_origin(kind) in (dict, Mapping) and isinstance(value, dict):
        return {name: _like(get_args(kind)[1], item) for name, item in value.items()}
    return msgspec.convert(value, kind)
