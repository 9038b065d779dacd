"""`journeywatch plugins`: what was found, so that discovery hides nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from stream.claims import Kpi, Signal, Watch
from stream.infra import plugins, settings
from stream.infra.plugins import Plugins
from stream.infra.sinks import Sink
from stream.outcome import Outcome


def run(args: argparse.Namespace) -> int:
    for line in lines(plugins.load(settings.load(args.settings))):
        print(line)
    return 0


def lines(found: Plugins) -> Iterator[str]:
    """One line a plug-in: kind, name@version, what it is of, and the fields that settings may tune."""
    for kpi in found.kpis.values():
        variant = f"; variant of {kpi.variant_of}" if hasattr(kpi, "variant_of") else ""
        yield _line("kpi", kpi, f"{kpi.unit}, better: {kpi.better}; by {', '.join(kpi.cuts)}{variant}")
    for signal in found.signals.values():
        yield _line("signal", signal, f"of {signal.of.__name__}; warns of {signal.warns_of}")
    for watch in found.watches.values():
        by = f" by {watch.cut}" if watch.cut else ""
        yield _line("watch", watch, f"of {watch.kpi or 'what is heard'}{by}; warns of {watch.warns_of}")
    for outcome in found.outcomes.values():
        yield _line("outcome", outcome, f"{outcome.whom}: {outcome.what}")
    for source in found.sources.values():
        yield f"{'source':8}{source.name:28}raw.{source.name}"
    for sink in found.sinks.values():
        yield _line("sink", sink, "on" if sink.ready() else f"off until [sinks.{sink.name}] says what it needs")


def _line(kind: str, plugin: Kpi | Signal | Watch | Sink | Outcome, what: str) -> str:
    version = getattr(plugin, "version", None)
    name = f"{plugin.name}@{version}" if version else plugin.name
    return f"{kind:8}{name:28}{what}; settings: {', '.join(plugins.fields(plugin))}"
