"""What the dashboards are put together from: queries, panels and variables, all on one data source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as cm
from grafana_foundation_sdk.models import dashboard as dm
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from msgspec import Struct

SOURCE = dm.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, AMBER, RED = "green", "orange", "red"


class Query(Struct, frozen=True):
    """A PromQL expression and how its series are called. `faint`: drawn thin on the right axis. `dashed`: a line to
    compare with.
    """

    expr: str
    legend: str
    faint: bool = False
    dashed: bool = False


class Place(Struct, frozen=True):
    """Size on a grid that is 24 wide."""

    width: int = 8
    height: int = 7


def graph(title: str, description: str, unit: str, *queries: Query, place: Place | None = None, **options: Any) -> Any:
    """Lines over time. `stacked` adds them up, `repeat` = the variable of which each value has its own panel."""
    place = place or Place()
    panel = timeseries.Panel().title(title).description(description).datasource(SOURCE).unit(unit)
    panel.span(place.width).height(place.height).line_width(1).fill_opacity(8).show_points(cm.VisibilityMode.NEVER)
    panel.tooltip(common.VizTooltipOptions().mode(cm.TooltipDisplayMode.MULTI).sort(cm.SortOrder.DESCENDING))
    panel.legend(_legend())
    if options.get("stacked"):
        panel.stacking(common.StackingConfig().mode(cm.StackingMode.NORMAL)).fill_opacity(30)
    if "repeat" in options:
        panel.repeat(options["repeat"]).repeat_direction("h").max_per_row(24 // place.width)
    for letter, query in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(_target(letter, query))
        if query.faint:
            panel.override_by_query(letter, _faint())
        if query.dashed:
            panel.override_by_query(letter, _dashed())
    return panel


def number(title: str, description: str, unit: str, query: Query, steps: Sequence[tuple[float, str]] = ()) -> Any:
    """One number, with its course behind it. `steps` = (from this value on, colour); green below."""
    panel = stat.Panel().title(title).description(description).datasource(SOURCE).unit(unit).span(4).height(4)
    panel.with_target(_target("A", query)).graph_mode(cm.BigValueGraphMode.AREA)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    panel.color_mode(cm.BigValueColorMode.VALUE).no_value("0")
    found = [dm.Threshold(value=None, color=GREEN), *(dm.Threshold(value=value, color=color) for value, color in steps)]
    return panel.thresholds(dashboard.ThresholdsConfig().mode(dm.ThresholdsMode.ABSOLUTE).steps(found))


def rows(title: str, description: str, unit: str, columns: dict[str, str], place: Place, *queries: Query) -> Any:
    """A table of the newest values: one column a query, joined by labels. `columns` names them, in order."""
    panel = table.Panel().title(title).description(description).datasource(SOURCE).unit(unit)
    panel.span(place.width).height(place.height).align(cm.FieldTextAlignment.AUTO).inspect(False)
    for letter, query in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(_target(letter, query).instant().format(PromQueryFormat.TABLE))
    panel.with_transformation(dm.DataTransformerConfig(id_val="merge", options={}))
    order = {name: place for place, name in enumerate(columns)}
    organize = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": columns}
    return panel.with_transformation(dm.DataTransformerConfig(id_val="organize", options=organize))


def variable(name: str, label: str, description: str, query: str, *, many: bool = False, start: str = "") -> Any:
    """A choice among label values. `many`: several at once, all of them to begin with; else `start`."""
    made = dashboard.QueryVariable(name).label(label).description(description).datasource(SOURCE).query(query)
    made.refresh(dm.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(dm.VariableSort.ALPHABETICAL_ASC)
    if many:
        chosen = dm.VariableOption(text="All", value="$__all", selected=True)
        return made.multi(True).include_all(True).current(chosen)
    return made.current(dm.VariableOption(text=start, value=start, selected=True))


def board(uid: str, title: str, description: str, *variables: Any) -> Any:
    """An empty dashboard with the data source as its first variable."""
    made = dashboard.Dashboard(title).uid(uid).description(description).tags(["journeywatch"]).readonly()
    made.refresh("30s").time("now-6h", "now").timezone("browser").tooltip(dm.DashboardCursorSync.CROSSHAIR)
    source = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    made.with_variable(source.description("The Prometheus that scrapes the workers.").current(_DEFAULT))
    for each in variables:
        made.with_variable(each)
    return made


def row(title: str) -> Any:
    return dashboard.Row(title)


_DEFAULT = dm.VariableOption(text="Prometheus", value="journeywatch-prometheus", selected=True)


def _target(letter: str, query: Query) -> Any:
    made = prometheus.Dataquery().ref_id(letter).datasource(SOURCE).expr(query.expr)
    return made.legend_format(query.legend)


def _legend() -> Any:
    placed = common.VizLegendOptions().display_mode(cm.LegendDisplayMode.LIST).placement(cm.LegendPlacement.BOTTOM)
    return placed.show_legend(True)


def _faint() -> list[dm.DynamicConfigValue]:
    """Beside the point, on an axis of its own."""
    return _properties(
        {
            "custom.axisPlacement": "right",
            "custom.lineWidth": 0,
            "custom.fillOpacity": 6,
            "unit": "short",
            "min": 0,
            "color": {"mode": "fixed", "fixedColor": "text"},
        }
    )


def _dashed() -> list[dm.DynamicConfigValue]:
    style = {"fill": "dash", "dash": [8, 6]}
    return _properties({"custom.lineStyle": style, "custom.fillOpacity": 0, "color": _PURPLE})


_PURPLE = {"mode": "fixed", "fixedColor": "purple"}


def _properties(values: dict[str, Any]) -> list[dm.DynamicConfigValue]:
    return [dm.DynamicConfigValue(id_val=name, value=value) for name, value in values.items()]


def annotation(name: str, expr: str, *, iconColor: str, enable: bool) -> dict[str, Any]:  # noqa: N803  Grafana's words
    """A mark on all graphs wherever `expr` has a value."""
    return {
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "enable": enable,
        "expr": expr,
        "iconColor": iconColor,
        "name": name,
        "step": "1m",
        "tagKeys": "signal",
        "titleFormat": name,
        "textFormat": "{{signal}}{{alertname}}",
    }
