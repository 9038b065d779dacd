"""What a plug-in says of itself, in its fields and in its source, as words for people."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from stream.event import FAMILIES
from stream.infra.plugins import fields
from stream.plan import sees
from stream.signal import words

DURATIONS = {"back", "back_within", "baseline", "grain", "lag", "lasts", "linger", "matures"}
DURATIONS |= {"reach", "silent", "window"}
CITED = re.compile(r" ?\((?:CATALOGUE|DESIGN|product\.md)[^():]*\)")
QUOTED = re.compile(r"\((?:CATALOGUE|DESIGN|product\.md)[^():]*: ")
SHAPED = {
    "flows",
    "levels",
    "windows",
    "cuts",
    "matures",
    "min_n",
    "linger",
    "ages",
    "severity",
    "begins",
}  # said elsewhere, or not for settings
USUAL = {
    "baseline": "before the window: what is usual",
    "lag": "from the newest window's end to the judged pane",
    "holds_ms": "at most, when nothing ends it",
    "window": "what is judged",
}


def modules(plugin: Any) -> list[ModuleType]:
    """Where it is written: its own module first, then those of its bases."""
    names = dict.fromkeys(kind.__module__ for kind in type(plugin).__mro__ if kind.__module__.startswith("stream."))
    return [sys.modules[name] for name in names]


def prose(plugin: Any) -> str:
    """Its module's docstring, then its class's own; what only we can look up is left out."""
    own = vars(type(plugin)).get("__doc__")
    said = [inspect.cleandoc(text) for text in (modules(plugin)[0].__doc__, own) if text]
    return QUOTED.sub("(", CITED.sub("", "\n\n".join(said)))


def shape(plugin: Any) -> str:
    """How its value comes from its parts, where a base says so."""
    own, *bases = type(plugin).__mro__
    if {"value", "parts"} & vars(own).keys():
        return ""
    said = [kind.__doc__ for kind in bases if kind.__module__ == "stream.kpi" and "value" in vars(kind)]
    return CITED.sub("", inspect.cleandoc(said[0])) if said and said[0] else ""


def changes(plugin: Any) -> list[str]:
    """The event types that can change what it says."""
    return [type_ for type_ in FAMILIES if sees(plugin, type_)]


def parameters(plugin: Any) -> Iterator[tuple[str, str, str]]:
    """(name, default, what it means) of what settings may tune, but for what every plug-in has."""
    for name in fields(plugin):
        if name not in SHAPED:
            yield name, value(name, getattr(plugin, name)), comment(plugin, name)


def value(name: str, it: Any) -> str:
    """A field's value with its unit."""
    if isinstance(it, int) and not isinstance(it, bool) and (name.endswith("_ms") or name in DURATIONS):
        return words(it) if it else "0"
    if isinstance(it, int) and name.endswith("_millionths"):
        return f"{it:,} (= {it / 1_000_000:g})"
    if isinstance(it, tuple | list):
        return ", ".join(f"`{one}`" for one in it) or "none"
    if isinstance(it, dict):
        return ", ".join(f"`{key}` = {value(name, one)}" for key, one in it.items()) or "none"
    return "none" if it is None else f"{it:,}" if isinstance(it, int) else f"{it}"


def comment(plugin: Any, name: str) -> str:
    """What stands behind a field in its source, or is usual for a field of that name."""
    for module in modules(plugin):
        line = rf"^    {name}\b[^#\n]*=[^#\n]*# (?!noqa|type:)(.+)$"
        found = re.search(line, inspect.getsource(module), re.MULTILINE)
        if found:
            return found[1].partition("  #")[0]
    return USUAL.get(name, "")


def severities(plugin: Any) -> list[str]:
    """Every severity that its findings can have, the loudest last."""
    if own := getattr(plugin, "severity", None):
        return [own.name]
    given = re.findall(r"Severity\.(\w+)", inspect.getsource(modules(plugin)[0]))
    return [name for name in ("info", "queue", "page") if name in given]


def clears(plugin: Any) -> list[str]:
    """What ends its alerts, as its findings say."""
    found: dict[str, None] = {}
    for module in modules(plugin):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.keyword) and node.arg == "clears":
                leaves = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
                for leaf in leaves:
                    text = eval(compile(ast.Expression(leaf), module.__name__, "eval"), vars(module), {"self": plugin})  # noqa: S307
                    found.setdefault(text)
    return list(found)
