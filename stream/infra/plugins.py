"""Discovery: every module of a plug-in folder offers one object; settings may tune its fields. Loud on any doubt."""

from __future__ import annotations

import copy
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from stream.claims import Kpi, Signal, Watch
from stream.faults import Fault, Faults, duration, unknown
from stream.infra.settings import Settings
from stream.infra.sinks import Sink
from stream.judging import singles
from stream.sources import Source

Where = tuple[str, ...]
# What a plug-in is, not how it is tuned: another value would be another plug-in under its name.
FIXED = frozenset(
    {"name", "version", "unit", "better", "of", "reads", "flows", "levels", "family", "warns_of", "benchmarks"}
)
FIXED |= {"kpi", "cut", "grain", "kind", "scale"}  # of watches
_TUNED = (bool, int, float, str, tuple, dict)


class PluginFault(Exception):
    """A plug-in's file is wrong: the message names it and says what it needs."""


class Plugins(Struct, frozen=True):
    """All that was found, by name, sorted; tuned."""

    kpis: dict[str, Kpi]
    signals: dict[str, Signal]
    watches: dict[str, Watch]
    sources: dict[str, Source]
    sinks: dict[str, Sink]


def load(settings: Settings) -> Plugins:
    """The plug-ins as settings tune them. Raises PluginFault, and Faults for what settings say wrongly."""
    faults: list[Fault] = []
    tunings = settings.definitions
    kpis = _tuned_all(discover("stream.kpis", "KPI"), "kpis", tunings.kpis, settings, faults)
    signals = _tuned_all(discover("stream.signals", "SIGNAL", "WATCH"), "signals", tunings.signals, settings, faults)
    sinks = _tuned_all(discover("stream.infra.sinks", "SINK"), "sinks", settings.sinks, settings, faults)
    sources = discover("stream.sources", "SOURCE")
    for index, name in enumerate(settings.intake.sources):
        if name not in sources:
            faults.append(settings.fault(("intake", "sources", str(index)), name, unknown(name, sources)))
    if faults:
        raise Faults(faults)
    watches = {name: signals.pop(name) for name, plugin in list(signals.items()) if is_watch(plugin)}
    found = Plugins(kpis, signals, watches, sources, sinks)
    for kind, plugins in ((Kpi, kpis), (Signal, signals), (Watch, watches), (Sink, sinks), (Source, sources)):
        for name, plugin in plugins.items():
            _complete(name, plugin, kind)
    for name, watch in watches.items():
        if watch.kpi and watch.kpi not in kpis:
            raise PluginFault(f"stream.signals.{name} watches the KPI {watch.kpi}, which {unknown(watch.kpi, kpis)}")
        try:
            singles([watch], kpis)
        except ValueError as error:  # what is watched is a setting, and names KPIs
            raise Faults([settings.fault(("signals", name), None, str(error))]) from None
    return found


def _tuned_all(
    plugins: dict[str, Any], section: str, tunings: Mapping[str, Any], settings: Settings, faults: list[Fault]
) -> dict[str, Any]:
    """The plug-ins with the fields that [section.NAME] gives them; what is wrong goes to `faults`."""
    for name, tuning in tunings.items():
        if name not in plugins:
            faults.append(settings.fault((section, name), None, unknown(name, plugins)))
            continue
        plugins[name], said = tuned(plugins[name], tuning)
        faults += [settings.fault((section, name, *where), value, mend) for where, value, mend in said]
    return plugins


def discover(package: str, *constants: str) -> dict[str, Any]:
    """The object that each module of `package` offers, under exactly one of the names `constants`; by name, sorted.

    Modules whose name begins with an underscore offer nothing. Raises PluginFault.
    """
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(importlib.import_module(package).__path__)):
        if module.startswith("_"):
            continue
        members = vars(importlib.import_module(f"{package}.{module}"))
        offered = [members[constant] for constant in constants if constant in members]
        if len(offered) != 1:
            raise PluginFault(f"{package}.{module} offers {len(offered)} of {' and '.join(constants)}; it needs one")
        name = getattr(offered[0], "name", None)
        if name != module:
            raise PluginFault(f"{package}.{module} is called {name!r}; the file's name is the plug-in's name")
        found[module] = offered[0]
    return found


def tuned(plugin: Any, tuning: Mapping[str, Any]) -> tuple[Any, list[tuple[Where, Any, str]]]:
    """A copy of a plug-in with other values in its fields, and what is wrong with those, as (path, value, mend).

    A field takes a value of the type that it has; a whole number may be given as a duration ("8h"), in ms.
    """
    known = fields(plugin)
    values: dict[str, Any] = {}
    said: list[tuple[Where, Any, str]] = []
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
        return _copied(plugin, values), said
    except ValueError as error:  # what spans several fields
        return plugin, [*said, ((), None, str(error))]


def is_watch(plugin: Any) -> bool:
    """A watch looks at the panes of a KPI, a signal at a journey."""
    return hasattr(plugin, "grain")


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


def _type(value: Any) -> Any:
    return tuple[type(value[0]), ...] if isinstance(value, tuple) and value else type(value)  # type: ignore[misc]


def _like(kind: Any, value: Any) -> Any:
    """`value` as `kind`. Raises ValueError."""
    if kind is int and isinstance(value, str):
        return duration(value)
    if get_origin(kind) in (dict, Mapping) and isinstance(value, dict):
        return {name: _like(get_args(kind)[1], item) for name, item in value.items()}
    return msgspec.convert(value, kind)


def _copied(plugin: Any, values: dict[str, Any]) -> Any:
    if isinstance(plugin, Struct):
        return msgspec.structs.replace(plugin, **values)
    other = copy.copy(plugin)
    for name, value in values.items():
        setattr(other, name, value)
    return other


def _complete(name: str, plugin: Any, kind: type) -> None:
    """Whether a plug-in has all that its protocol names."""
    needed = {*kind.__annotations__, *(member for member in vars(kind) if not member.startswith("_"))}
    if absent := sorted(member for member in needed if not hasattr(plugin, member)):
        raise PluginFault(f"the {kind.__name__.lower()} {name} has no {', '.join(absent)}")
