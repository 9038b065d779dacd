"""`journeywatch plugins`: what was found, so that discovery hides nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from stream.infra import plugins, settings
from stream.infra.plugins import Plugins


def run(args: argparse.Namespace) -> int:
    for line in lines(plugins.load(settings.load(args.settings))):
        print(line)
    return 0


def lines(found: Plugins) -> Iterator[str]:
    """One line a plug-in: kind, name@version, and what matters of it."""
    for kpi in found.kpis.values():
        yield _line(
            "kpi", f"{kpi.name}@{kpi.version}", f"{kpi.unit}, {kpi.better} is better", "by " + ", ".join(kpi.cuts)
        )
    for signal in found.signals.values():
        yield _line(
            "signal", f"{signal.name}@{signal.version}", f"of {signal.of.__name__}", f"warns of {signal.warns_of}"
        )
    for watch in found.watches.values():
        by = f" by {watch.cut}" if watch.cut else ""
        yield _line("watch", f"{watch.name}@{watch.version}", f"of {watch.kpi}{by}", f"warns of {watch.warns_of}")
    for source in found.sources.values():
        yield _line("source", source.name, f"raw.{source.name}", "")
    for sink in found.sinks.values():
        yield _line("sink", sink.name, "ready" if sink.ready() else f"off: see [sinks.{sink.name}]", "")


def _line(kind: str, name: str, what: str, more: str) -> str:
    return f"{kind:8}{name:28}{what:32}{more}".rstrip()
