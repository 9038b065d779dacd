"""TOML files into structs: every fault at once, each with its place and its mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

Path = tuple[str, ...]  # where a value stands: ("surveys", "ces", "low"); a table of an array by its number
Duration = Annotated[int, Meta(ge=0, extra={"unit": "ms"})]  # "90d", "8h", "5m", "30s", "250ms", or a number of ms
Positive = Annotated[int, Meta(ge=1, le=1_000_000_000)]

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"([0-9]{1,9})\s*(ms|s|m|h|d|w)")
_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_WORD = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


class Fault(Struct, frozen=True, order=True):
    """One thing that is wrong in a file; `line` is 0 where there is none (an environment variable)."""

    file: str
    line: int
    key: str
    value: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{self.key} = {self.value}" if self.key and self.value else self.key
        return f"{place}: {said}: {self.mend}" if said else f"{place}: {self.mend}"


class Faults(ValueError):
    """What is wrong, all of it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class Document(Struct, frozen=True):
    """A TOML file as read: its values and the line of each key."""

    file: str
    values: dict[str, Any]
    lines: dict[Path, int]

    def fault(self, path: Path, value: Any, mend: str) -> Fault:
        """The fault at `path`, with the line of the nearest key that has one: above it, else the first below."""
        below = min((line for key, line in self.lines.items() if path and key[: len(path)] == path), default=0)
        line = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), below)
        return Fault(self.file, line, ".".join(path), shown(value), mend)


class Reader:
    """Turns plain values into structs and gathers what is wrong with them in `said`, as (path, value, mend)."""

    def __init__(self, loose: frozenset[Path] = frozenset()) -> None:
        self.said: list[tuple[Path, Any, str]] = []
        self._loose = loose  # paths whose value is a string from the environment

    def read(self, value: Any, kind: Any, path: Path = ()) -> Any:
        """`value` as `kind`; None, and something said, if it does not fit."""
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self._struct(value, kind, path)
        origin, inner = get_origin(kind), get_args(kind)
        if origin is dict and isinstance(value, dict):
            return {name: self.read(item, inner[1], (*path, name)) for name, item in value.items()}
        if origin is tuple and isinstance(value, list) and inner[1:] == (...,):
            return tuple(self.read(item, inner[0], (*path, str(i))) for i, item in enumerate(value))
        return self._leaf(value, kind, path)

    def _struct(self, value: Any, kind: type[Struct], path: Path) -> Any:
        if not isinstance(value, dict):
            return self._say(path, value, "a table is expected here")
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name in value.keys() - fields.keys():
            self._say((*path, name), None, unknown(name, fields))
        for name, field in fields.items():
            if field.required and name not in value:
                self._say((*path, name), None, "is missing")
        before = len(self.said)
        read = {f.name: self.read(value[n], f.type, (*path, n)) for n, f in fields.items() if n in value}
        if len(self.said) > before or any(f.required and n not in value for n, f in fields.items()):
            return None
        try:
            return kind(**read)
        except ValueError as error:
            return self._say(path, None, str(error))

    def _leaf(self, value: Any, kind: Any, path: Path) -> Any:
        loose = path in self._loose
        try:
            if is_duration(kind) and isinstance(value, str):
                value = duration(value)
            elif loose and get_origin(kind) is tuple:
                value = [item.strip() for item in value.split(",") if item.strip()]
            elif loose and kind is Any:
                value = literal(value)
            return msgspec.convert(value, kind, strict=not loose)
        except ValueError as error:
            return self._say(path, value, str(error).replace("`", "").replace("Expected", "expected", 1))

    def _say(self, path: Path, value: Any, mend: str) -> None:
        self.said.append((path, value, mend))


def parse(text: str, file: str) -> Document:
    """The values of a TOML text and where they stand. Raises Faults where it is no TOML."""
    try:
        return Document(file, tomllib.loads(text), _lines(text))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise Faults([Fault(file, line, "", "", f"no TOML: {error}")]) from None


def load(text: str, file: str, kind: type[Struct]) -> Any:
    """A TOML text as a struct. Raises Faults with all that is wrong."""
    document, reader = parse(text, file), Reader()
    value = reader.read(document.values, kind)
    if reader.said:
        raise Faults(document.fault(*said) for said in reader.said)
    return value


def _lines(text: str) -> dict[Path, int]:
    """The line of each key. Good enough to point at: keys inside inline tables have their parent's."""
    lines: dict[Path, int] = {}
    table: Path = ()
    arrays: dict[Path, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = _words(header[2])
            if header[1] == "[[":
                arrays[table] = arrays.get(table, -1) + 1
                table = (*table, str(arrays[table]))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_words(key[1])), number)
    return lines


def _words(dotted: str) -> Path:
    return tuple(word.strip("\"'") for word in _WORD.findall(dotted))


def is_duration(kind: Any) -> bool:
    """Whether a field's type is `Duration`."""
    return any(isinstance(m, Meta) and (m.extra or {}).get("unit") == "ms" for m in getattr(kind, "__metadata__", ()))


def duration(text: str) -> int:
    """The ms of a text like "90d". Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise ValueError('write a number and a unit, as "90d", "8h", "5m", "30s" or "250ms"')
    return int(match[1]) * _UNITS[match[2]]


def as_duration(ms: int) -> str:
    """Milliseconds as `duration` reads them, in the largest unit but weeks that divides them: "90m"."""
    units = [(unit, size) for unit, size in reversed(_UNITS.items()) if unit != "w"]
    return next((f"{ms // size}{unit}" for unit, size in units if ms and ms % size == 0), "0ms")


def literal(text: str) -> Any:
    """A TOML value where it is one, else the text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def unknown(name: str, known: Iterable[str] | Mapping[str, Any]) -> str:
    """What to say of a name that is none of the known ones."""
    names = sorted(known)
    near = get_close_matches(name, names, 1)
    return f'is unknown; did you mean "{near[0]}"?' if near else f"is unknown; there is {', '.join(names) or 'nothing'}"


def shown(value: Any) -> str:
    """A value as TOML would have it, cut to a line's length."""
    if value is None:
        return ""
    try:
        text = msgspec.json.encode(value, enc_hook=str).decode()
    except (OverflowError, RecursionError):  # TOML has integers of any size
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
