"""`journeywatch settings`: what is in force, as a settings file, without secrets."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from stream.faults import as_duration, is_duration
from stream.infra import plugins, settings
from stream.plan import Plan

_CREDENTIALS = re.compile(r"://[^/@\s]*@")


def run(args: argparse.Namespace) -> int:
    effective = settings.load(args.settings)
    found = plugins.load(effective)
    plan = Plan(found.kpis.values(), found.signals.values(), found.watches.values())
    revision = effective.definitions.revision(plan.plugins)
    print(f"# {effective.origin.document.file}; definitions {revision}, run {effective.definitions.run}")
    for name in sorted(effective.origin.variables.values()):
        print(f"# and {name}")
    shown = msgspec.structs.replace(effective.sections, surveys=effective.definitions.surveys)
    shown = msgspec.structs.replace(shown, currencies=effective.definitions.currencies)
    print("\n".join(tables(shown)))
    return 0


def tables(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """TOML of a struct or a table: its plain values, then its tables."""
    if isinstance(value, Struct):
        kinds = {field.name: field.type for field in msgspec.structs.fields(value)}
        items = {name: getattr(value, name) for name in kinds}
    else:
        kinds, items = {}, value
    plain = {name: item for name, item in items.items() if not isinstance(item, (Struct, dict)) and not _rows(item)}
    if path and (plain or not items):
        yield f"\n[{'.'.join(map(key, path))}]"
    for name, item in plain.items():
        yield f"{key(name)} = {written(item, kinds.get(name), (*path, name))}"
    for name, item in items.items():
        if _rows(item):
            for row in item:
                first, *rest = tables(row, (*path, name))
                yield from (f"{first.replace('[', '[[', 1)}]", *rest)
        elif name not in plain and (item or isinstance(item, Struct)):
            yield from tables(item, (*path, name))


def _rows(value: Any) -> bool:
    """Whether it is an array of tables."""
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def written(value: Any, kind: Any, path: tuple[str, ...]) -> str:
    """A value as TOML has it: secrets hidden, durations with their unit."""
    if value and settings.is_secret(path):
        return '"***"'
    if is_duration(kind):
        return f'"{as_duration(value)}"'
    if isinstance(value, str):
        value = _CREDENTIALS.sub("://***@", value)
    return msgspec.json.encode(value).decode()


def key(name: str) -> str:
    """A name as a TOML key."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else msgspec.json.encode(name).decode()
