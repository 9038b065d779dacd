"""A dashboard as Grafana asks for it: variables filled with what Prometheus has, panels repeated, queries whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from msgspec import Struct

Get = Callable[..., Any]
"""Asks the HTTP API of Prometheus: `get(path, **parameters)` = the `data` of the answer (/api/v1/path)."""


class Refused(Exception):
    """Prometheus answered with an error."""


def api(url: str) -> Get:
    """The HTTP API at `url`. What it returns raises Refused."""

    def get(path: str, **parameters: Any) -> Any:
        try:
            with urlopen(f"{url}/api/v1/{path}?{urlencode(parameters, doseq=True)}", timeout=30) as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            raise Refused(f"{path} {parameters}: {error.read().decode(errors='replace')}") from None

    return get


Board = dict[str, Any]
_LABELS = re.compile(r"label_values\((?P<series>.+), (?P<label>\w+)\)$")


class Drawn(Struct, frozen=True):
    """One panel as it is seen: `queries` = (letter, PromQL, legend), `panel` = as in the JSON."""

    title: str
    queries: tuple[tuple[str, str, str], ...]
    panel: dict[str, Any]


def chosen(board: Board, get: Get) -> dict[str, list[str]]:
    """The values of each variable: all of them where several may be chosen, else what it starts with, or the first."""
    found: dict[str, list[str]] = {}
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        values = label_values(filled(variable["query"], one(found)), get)
        start = variable["current"]["value"]
        found[variable["name"]] = values if variable.get("multi") else [start] if start in values else values[:1]
    return found


def label_values(query: str, get: Get) -> list[str]:
    """What `label_values(series, label)` gives, sorted."""
    asked = _LABELS.match(query)
    if asked is None:
        raise ValueError(f"no query of label values: {query}")
    return sorted(get(f"label/{asked['label']}/values", **{"match[]": asked["series"]}))


def one(values: Mapping[str, list[str]]) -> dict[str, str]:
    """Each variable as it stands in a query: several values as alternatives of a regular expression."""
    return {name: "|".join(each) for name, each in values.items()}


def filled(text: str, values: Mapping[str, str], rate_interval: str = "1m") -> str:
    """`text` with its variables replaced."""
    text = text.replace("$__rate_interval", rate_interval)
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"${{{name}}}", values[name]).replace(f"${name}", values[name])
    return text


def drawn(board: Board, values: Mapping[str, list[str]], rate_interval: str = "1m") -> Iterator[Drawn]:
    """Every panel, in order, rows too (without queries); one that repeats once for each value."""
    for panel in board["panels"]:
        for value in values[panel["repeat"]] if panel.get("repeat") else [""]:
            own = one(values) | ({panel["repeat"]: value} if value else {})
            queries = tuple(
                (target["refId"], filled(target["expr"], own, rate_interval), target["legendFormat"])
                for target in panel.get("targets", ())
            )
            yield Drawn(filled(panel["title"], own), queries, panel)
