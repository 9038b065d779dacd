"""Process logs in XES (IEEE 1849), through a mapping from activities to events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import msgspec

from stream.event import decode
from stream.mapping import Attributes, Mapping, Unmapped
from stream.record import Heard, Reject
from stream.sources import SourceFault, opened

_CHUNK = 1 << 16
_TYPED: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "boolean": lambda text: text == "true"}
_CUT = (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)
_encode = msgspec.json.Encoder().encode


class Xes:
    """A log's cases, read from a file; on its topic stand the events that they became."""

    name = "xes"

    def parse(self, record: Heard) -> list[Any] | Reject:
        """One record is one event: the mapping was done by the reader of the file."""
        event = decode(record.value)
        return event if isinstance(event, Reject) else [event]

    def read(self, path: Path, mapping: Mapping | None = None) -> Iterator[tuple[int, bytes]]:
        """The events of all cases, sorted by time (stable): a log of cases is in no order of arrival.

        Cases are parsed one at a time; only the events are held, for sorting. Raises SourceFault for damaged files,
        for document types (which may define entities), and for cases that the mapping can not use.
        """
        if mapping is None:
            raise SourceFault(f"{path}: source xes needs a mapping: --mapping FILE (docs/mapping.md)")
        records: list[tuple[int, bytes]] = []
        lines: dict[str, int] = {}
        for line, rows in _cases(path):
            try:
                events = list(mapping.events(rows))
            except Unmapped as error:
                raise SourceFault(f"{path}:{line}: in the case that starts here, {error}") from None
            if events and (known := lines.setdefault(events[0][1]["id"], line)) != line:
                raise SourceFault(f"{path}:{line}: the case {events[0][1]['id'][:-4]} is there already in line {known}")
            records += ((at, _encode(event)) for at, event in events)
        records.sort(key=lambda record: record[0])
        yield from records


def _cases(path: Path) -> Iterator[tuple[int, list[Attributes]]]:
    """The traces of a file as (line, rows)."""
    handler = _Handler()
    parser = handler.parser
    with opened(path) as file:
        try:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk)
                yield from handler.taken()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise SourceFault(f"{path}:{error.lineno}: {_broken(error)}") from None
        except ValueError as error:
            raise SourceFault(f"{path}:{parser.CurrentLineNumber}: {error}") from None
    yield from handler.taken()


def _broken(error: expat.ExpatError) -> str:
    said = expat.ErrorString(error.code)
    if said in _CUT:
        return "the XML ends here, unfinished; fetch the file again"
    return f"no whole XML: {said} in column {error.offset}; see that it is an XES log, and all of it"


class _Handler:
    """Gathers traces as the parser goes: log > trace > attributes and events > attributes. Deeper ones are not read."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._depth = 0
        self._line = 0
        self._case: Attributes | None = None  # of the trace being read
        self._row: Attributes | None = None  # of the event being read
        self._rows: list[Attributes] = []
        self._cases: list[tuple[int, list[Attributes]]] = []

    def taken(self) -> list[tuple[int, list[Attributes]]]:
        """The traces that have ended since the last call."""
        cases, self._cases = self._cases, []
        return cases

    def _doctype(self, *_: Any) -> None:
        raise ValueError("a document type is refused; remove the <!DOCTYPE> line")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        name = tag.rpartition(":")[2] if ":" in tag else tag
        if depth == 4 and self._row is not None:
            self._read(self._row, name, attributes)
        elif depth == 3 and self._case is not None:
            if name == "event":
                self._row = {}
            else:
                self._read(self._case, name, attributes)
        elif depth == 2 and name == "trace":
            self._line, self._case, self._rows = self.parser.CurrentLineNumber, {}, []
        elif depth == 1 and name != "log":
            raise ValueError(f"this is no XES log: its root is <{tag}>, not <log>")

    def _read(self, into: Attributes, name: str, attributes: dict[str, str]) -> None:
        if "key" in attributes and "value" in attributes:
            value = attributes["value"]
            into[attributes["key"]] = _TYPED[name](value) if name in _TYPED else value

    def _end(self, _: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if depth == 3 and self._row is not None:
            self._rows.append(self._row)
            self._row = None
        elif depth == 2 and self._case is not None:
            case = {f"case:{name}": said for name, said in self._case.items()}
            self._cases.append((self._line, [case | row for row in self._rows]))
            self._case = None


SOURCE = Xes()
