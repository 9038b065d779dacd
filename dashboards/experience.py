"""Customer experience: every KPI by window with what it rests on, one KPI cut open, and the alerts.

Panels repeat over the KPIs that /metrics names, in groups by their unit: a new KPI draws itself.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dashboards.parts import AMBER, RED, Place, Query, board, graph, number, row, rows, variable

UID = "journeywatch-experience"


class Group(Struct, frozen=True):
    """KPIs that share a scale. `which` = a PromQL matcher of their unit; `unit` = Grafana's."""

    name: str
    title: str
    which: str
    unit: str
    quantiles: bool = False


COUNTED = ("customers", "tickets")
GROUPS = (
    Group("ratio", "Rates", 'unit="ratio"', "percentunit"),
    Group("score", "Scores and averages", f'unit!~"ratio|s|money|{"|".join(COUNTED)}"', "none"),
    Group("duration", "Durations", 'unit="s"', "s", quantiles=True),
    Group("count", "Counts", f'unit=~"{"|".join(COUNTED)}"', "short"),
    Group("money", "Money", 'unit="money"', "short"),
)


def experience() -> Any:
    made = board(UID, "Customer experience", "KPIs, what they rest on, and who is in trouble now.", *_variables())
    _now(made)
    for group in GROUPS:
        made.with_row(row(group.title)).with_panel(_kpi(group))
    _cut(made)
    _alerts(made)
    return made


def marks() -> list[dict[str, Any]]:
    """Where alerts opened: pages to see at once, all others on demand."""
    opened = 'sum by (signal) (increase(journey_alert_changes_total{change="opened"}[2m])) > 0.5'
    pages = 'sum by (signal) (delta(journey_alerts_active{severity="page"}[2m])) > 0.5'
    return [
        {"name": "Pages", "expr": pages, "iconColor": "red", "enable": True},
        {"name": "Alerts opened", "expr": opened, "iconColor": "blue", "enable": False},
    ]


def _variables() -> list[Any]:
    chosen = [
        variable(g.name, g.title, "Which of them.", f"label_values(journey_kpi_info{{{g.which}}}, kpi)", many=True)
        for g in GROUPS
    ]
    cuttable = 'label_values(journey_kpi_n{cut!="all"}, kpi)'
    of_kpi = 'journey_kpi_n{kpi="$kpi", cut!="all"}'
    return [
        variable("window", "Window", "Over how long.", "label_values(journey_kpi_n, window)", many=True),
        *chosen,
        variable("kpi", "Cut open", "The KPI to cut open.", cuttable, start="fcr"),
        variable("cut", "by", "The dimension to cut it by.", f"label_values({of_kpi}, cut)", start="segment"),
        variable("over", "over", "The window of the cut.", f"label_values({of_kpi}, window)", start="24h"),
        variable("severity", "Alerts", "How loud.", "label_values(journey_alerts_active, severity)", many=True),
    ]


def _now(made: Any) -> None:
    page, queue = (f'sum(journey_alerts_active{{severity="{loud}"}}) or vector(0)' for loud in ("page", "queue"))
    made.with_row(row("Now"))
    made.with_panel(number("Pages", "Open alerts that woke somebody.", "short", Query(page, ""), [(1, RED)]))
    made.with_panel(number("Queue", "Open alerts that wait in the ranked queue.", "short", Query(queue, "")))
    events = 'sum(rate(journey_events_total{role="journeys"}[$__rate_interval])) * 60'
    made.with_panel(number("Events a minute", "Of all types, as they enter journeys.", "short", Query(events, "")))
    keys = 'sum(journey_table_keys{role="journeys"})'
    made.with_panel(number("Customers known", "Customers with anything that still counts.", "short", Query(keys, "")))
    behind = 'max(journey_watermark_delay_seconds{role="journeys"})'
    age = number("Numbers are behind by", "Age of the log clock.", "s", Query(behind, ""), [(120, AMBER), (300, RED)])
    made.with_panel(age)
    refused = "sum(increase(journey_dead_letter_total[24h])) or vector(0)"
    made.with_panel(number("Refused in 24 h", "Records that count nowhere.", "short", Query(refused, ""), [(1, AMBER)]))


def _kpi(group: Group) -> Any:
    which = f'kpi="${group.name}", cut="all", window=~"$window"'
    queries = [
        Query(f"max by (window) (journey_kpi_value{{{which}}})", "{{window}}"),
        Query(f'max by (benchmark) (journey_kpi_benchmark{{kpi="${group.name}"}})', "{{benchmark}}", dashed=True),
        Query(f"max by (window) (journey_kpi_n{{{which}}})", "n, {{window}}", faint=True),
    ]
    if group.quantiles:
        spread = f"max by (window, q) (journey_kpi_quantile{{{which}}})"
        queries.append(Query(spread, "{{window}}, quantile {{q}}"))
    words = "By window. The shade on the right axis is n, what it rests on; a dashed line is a benchmark."
    if group.name == "money":
        words += " In minor units (cents) of the reporting currency."
    return graph(f"${group.name}", words, group.unit, *queries, place=Place(6, 7), repeat=group.name)


def _cut(made: Any) -> None:
    which = 'kpi="$kpi", cut="$cut", window="$over"'
    value, n = f"max by (label) (journey_kpi_value{{{which}}})", f"max by (label) (journey_kpi_n{{{which}}})"
    made.with_row(row("$kpi by $cut over $over"))
    largest = Query(f"{value} and topk(12, {n})", "{{label}}")
    words = "The twelve labels that rest on most."
    made.with_panel(graph("$kpi by $cut", words, "none", largest, place=Place(14, 9)))
    columns = {"label": "label", "Value #A": "value", "Value #B": "n"}
    words = "All labels, now. A value on a small n says little."
    made.with_panel(rows("$kpi by $cut, now", words, "none", columns, Place(10, 9), Query(value, ""), Query(n, "")))


def _alerts(made: Any) -> None:
    made.with_row(row("Alerts"))
    active = 'sum by (signal) (journey_alerts_active{severity=~"$severity"}) > 0'
    words = "What is open, by signal."
    made.with_panel(graph("Open alerts", words, "short", Query(active, "{{signal}}"), stacked=True))
    opened = 'sum by (signal) (increase(journey_alert_changes_total{change="opened"}[1h])) > 0'
    words = "How many opened within the hour before, by signal. Watches of KPIs are in the panel of open alerts."
    made.with_panel(graph("Opened in an hour", words, "short", Query(opened, "{{signal}}"), stacked=True))
    by_both = 'sum by (signal, severity) (journey_alerts_active{severity=~"$severity"}) > 0'
    columns = {"signal": "signal", "severity": "severity", "Value": "open"}
    words = "Open alerts, now."
    made.with_panel(rows("Open by severity", words, "short", columns, Place(), Query(by_both, "")))
