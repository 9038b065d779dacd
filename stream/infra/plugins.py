"""Discovery: every module of a plug-in folder offers one object; settings may tune its fields. Loud on any doubt."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from stream.claims import Kpi, Signal, Watch
from stream.definitions import Definitions
from stream.faults import Fault, Faults, unknown
from stream.infra.settings import BadSettings, Settings
from stream.infra.sinks import Sink
from stream.infra.tuning import Where
from stream.infra.tuning import fields as fields
from stream.infra.tuning import tuned as tuned
from stream.infra.variants import beyond, declared
from stream.judging import singles
from stream.outcome import Outcome
from stream.sources import Source


class PluginFault(Exception):
    """A plug-in's file is wrong: the message names it and says what it needs."""


class Plugins(Struct, frozen=True):
    """All that was found, by name, sorted; tuned."""

    kpis: dict[str, Kpi]
    signals: dict[str, Signal]
    watches: dict[str, Watch]
    sources: dict[str, Source]
    sinks: dict[str, Sink]
    outcomes: dict[str, Outcome]


def load(settings: Settings) -> Plugins:
    """The plug-ins as settings tune them. Raises PluginFault, and Faults for what settings say wrongly."""
    faults: list[Fault] = []
    tunings = settings.definitions
    signals = _tuned_all(discover("stream.signals", "SIGNAL", "WATCH"), "signals", tunings.signals, settings, faults)
    given = tunings.kpis | settings.sections.kpis
    kpis, said = declared(discover("stream.kpis", "KPI"), given, tunings, signals)
    faults += [settings.fault(("kpis", *where), value, mend) for where, value, mend in said]
    sinks = _tuned_all(discover("stream.infra.sinks", "SINK"), "sinks", settings.sinks, settings, faults)
    outcomes = _tuned_all(
        discover("stream.outcomes", "OUTCOME"), "outcomes", settings.sections.outcomes, settings, faults
    )
    sources = discover("stream.sources", "SOURCE")
    for index, name in enumerate(settings.intake.sources):
        if name not in sources:
            faults.append(settings.fault(("intake", "sources", str(index)), name, unknown(name, sources)))
    if faults:
        raise Faults(faults)
    watches = {name: signals.pop(name) for name, plugin in list(signals.items()) if is_watch(plugin)}
    found = Plugins(kpis, signals, watches, sources, sinks, outcomes)
    _check(found)
    said = [*_watched(found, tunings), *_dimensions(found, tunings)]
    wrong = [settings.fault(where, value, mend) for where, value, mend in said]
    if wrong:
        raise Faults(wrong)
    return found


def every(error: Faults) -> tuple[Fault, ...]:
    """The faults of settings, with those that plug-ins find in the rest of them."""
    if isinstance(error, BadSettings) and error.rest is not None:
        try:
            load(error.rest)
        except Faults as more:
            return Faults([*error.faults, *more.faults]).faults
    return error.faults


def _check(found: Plugins) -> None:
    """Whether the plug-ins are whole. Raises PluginFault."""
    kinds = (Kpi, Signal, Watch, Source, Sink, Outcome)
    for field, kind in zip(Plugins.__struct_fields__, kinds, strict=True):
        for name, plugin in getattr(found, field).items():
            _complete(name, plugin, kind)
    for name, watch in found.watches.items():
        if watch.kpi and watch.kpi not in found.kpis:
            mend = unknown(watch.kpi, found.kpis)
            raise PluginFault(f"stream.signals.{name} watches the KPI {watch.kpi}, which {mend}")


def _watched(found: Plugins, definitions: Definitions) -> Iterator[tuple[Where, Any, str]]:
    """What settings say wrongly of the KPIs that are watched, as (path, value, mend)."""
    for name, watch in found.watches.items():
        try:
            singles([watch], found.kpis)
        except ValueError as error:
            yield ("signals", name), None, str(error)
        for kpi, limit in getattr(watch, "thresholds", {}).items():
            mend = beyond(found.kpis[kpi], limit, definitions) if kpi in found.kpis else unknown(kpi, found.kpis)
            if mend:
                yield ("signals", name, "thresholds", kpi), limit, mend


def _dimensions(found: Plugins, definitions: Definitions) -> Iterator[tuple[Where, Any, str]]:
    """Dimensions that settings name and no KPI is cut by, as (path, value, mend)."""
    known = {dim for kpi in found.kpis.values() for dim in kpi.cuts}
    for place, pair in enumerate(definitions.pairs):
        for dim in pair:
            if dim not in known:
                yield ("cuts", "pairs", str(place)), list(pair), f'"{dim}" {unknown(dim, known)}'
    for dim in definitions.labels:
        if dim not in known:
            yield ("labels", dim), None, unknown(dim, known)


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


def is_watch(plugin: Any) -> bool:
    """A watch looks at the panes of a KPI, a signal at a journey."""
    return hasattr(plugin, "grain")


def _complete(name: str, plugin: Any, kind: type) -> None:
    """Whether a plug-in has all that its protocol names."""
    needed = {*kind.__annotations__, *(member for member in vars(kind) if not member.startswith("_"))}
    if absent := sorted(member for member in needed if not hasattr(plugin, member)):
        raise PluginFault(f"the {kind.__name__.lower()} {name} has no {', '.join(absent)}")
