"""The command `journeywatch` with some of the plug-ins only: `python -m bench.some thin worker --roles journeys ...`.

Settings tune plug-ins and take none away; what a lot costs is measured by leaving the others out.
"""

from __future__ import annotations

import sys

from agents import cli
from stream.infra import plugins
from stream.infra.settings import Settings

# What the pipe had in its first days: questions about one ticket, one survey, one visit.
THIN = """
    ces ces_easy effort csat csat_top2 nps fcr resolution_time resolution_time_first reopen_rate transfers backlog
    ticket_volume ticket_share bounce_rate pages_per_session repeat_contact falling_ces low_score reopened ping_pong
    renewal_at_risk falling_ces_segment
"""
LOTS = {"all": None, "thin": frozenset(THIN.split())}
_load = plugins.load


def only(lot: str, settings: Settings) -> plugins.Plugins:
    """The plug-ins of a lot: KPIs, signals and watches; sources, sinks and outcomes stay. Raises as `load` does."""
    found, wanted = _load(settings), LOTS[lot]
    if wanted is None:
        return found
    kpis = {name: kpi for name, kpi in found.kpis.items() if name in wanted}
    signals = {name: signal for name, signal in found.signals.items() if name in wanted}
    watches = {name: watch for name, watch in found.watches.items() if name in wanted}
    return plugins.Plugins(kpis, signals, watches, found.sources, found.sinks, found.outcomes)


if __name__ == "__main__":
    chosen = sys.argv.pop(1)
    plugins.load = lambda settings: only(chosen, settings)
    sys.exit(cli.main())
