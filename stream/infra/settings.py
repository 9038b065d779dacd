"""Settings: one TOML file and the environment, read once, frozen from then on (docs/settings.md)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from stream.definitions import Definitions
from stream.faults import Document, Fault, Faults, Reader, parse, unknown
from stream.faults import Path as Where
from stream.infra.sections import Intake, Kafka, Logging, Metrics, Redis, Sections, faults_of, secrets_of

PREFIX = "JOURNEYWATCH_"
# A fault in one of these makes no plug-in's tuning wrong that is right.
_APART = frozenset(
    {"kafka", "redis", "metrics", "verdicts", "logging", "alerts", "delivery", "log", "tenant", "limits"}
)


class Origin(Struct, frozen=True):
    """Where values came from: the file, and the names of environment variables by path."""

    document: Document = Document("(no settings file)", {}, {})
    variables: dict[Where, str] = msgspec.field(default_factory=dict)

    def fault(self, path: Where, value: Any, mend: str) -> Fault:
        shown = "***" if is_secret(path) and value is not None else value
        for n in range(len(path), 0, -1):
            if name := self.variables.get(path[:n]):
                return msgspec.structs.replace(self.document.fault(path, shown, mend), file=f"variable {name}", line=0)
        return self.document.fault(path, shown, mend)


class Settings(Struct, frozen=True, kw_only=True):
    """What a process runs with. `definitions` is all that the core sees; `origin` says where each key stands."""

    kafka: Kafka = Kafka()
    redis: Redis = Redis()
    metrics: Metrics = Metrics()
    logging: Logging = Logging()
    intake: Intake = Intake()
    sinks: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    definitions: Definitions = msgspec.field(default_factory=Definitions)
    sections: Sections = msgspec.field(default_factory=Sections)
    origin: Origin = msgspec.field(default_factory=Origin)

    def fault(self, path: Where, value: Any, mend: str) -> Fault:
        """A fault at a key, with the file and line, or the variable, that it came from."""
        return self.origin.fault(path, value, mend)


class BadSettings(Faults):
    """`rest`: what is well formed, to look for more faults in; None where that would find some that are none."""

    def __init__(self, faults: list[Fault], rest: Settings | None) -> None:
        super().__init__(faults)
        self.rest = rest


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of `path`, else of JOURNEYWATCH_SETTINGS, else the defaults; then the environment over them.

    Raises Faults: all that is wrong, but for what plug-ins find in their own sections.
    """
    environ = os.environ if environ is None else environ
    named = path or (Path(environ[PREFIX + "SETTINGS"]) if environ.get(PREFIX + "SETTINGS") else None)
    document = _document(named) if named else Document("(no settings file)", {}, {})
    origin = Origin(document, {_where(name): name for name in environ if _is_setting(name)})
    tree = msgspec.convert(document.values, dict[str, Any])
    faults = [*_misspelt(environ), *_overlay(tree, origin, environ)]
    for where, value in list(secrets_of(tree)):
        faults += _from_file(tree, where, value, origin)
    sections, said = _read(tree, Reader(frozenset(origin.variables)))
    said += faults_of(sections)
    faults += [origin.fault(*one) for one in said]
    if faults:
        touched = {where[0] for where, _, _ in said}.intersection(Sections.__struct_fields__)
        raise BadSettings(faults, of(sections, origin) if touched <= _APART else None)
    return of(sections, origin)


def _read(tree: dict[str, Any], reader: Reader) -> tuple[Sections, list[tuple[Where, Any, str]]]:
    """Section by section, so that a fault in one hides none in another."""
    kinds = {section.name: section.type for section in msgspec.structs.fields(Sections)}
    good: dict[str, Any] = {}
    for name, table in tree.items():
        if name not in kinds:
            reader.said.append(((name,), None, unknown(name, kinds)))
            continue
        before = len(reader.said)
        value = reader.read(table, kinds[name], (name,))
        if len(reader.said) == before:
            good[name] = value
    return Sections(**good), reader.said


def of(sections: Sections, origin: Origin | None = None) -> Settings:
    """Settings from sections that are well formed."""
    return Settings(
        kafka=sections.kafka,
        redis=sections.redis,
        metrics=sections.metrics,
        logging=sections.logging,
        intake=sections.intake,
        sinks=sections.sinks,
        definitions=sections.definitions(),
        sections=sections,
        origin=origin or Origin(),
    )


def is_secret(path: Where) -> bool:
    """Whether the value of a key must not be shown."""
    last = path[-1] if path else ""
    return not last.endswith("_file") and any(word in last for word in ("password", "token", "secret", "_key"))


def _document(path: Path) -> Document:
    try:
        return parse(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise Faults([Fault(str(path), 0, "", "", f"the settings can not be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise Faults([Fault(str(path), 0, "", "", f"the settings are not UTF-8: {error}")]) from None


def _is_setting(name: str) -> bool:
    return name.startswith(PREFIX) and "__" in name


def _where(name: str) -> Where:
    """JOURNEYWATCH_SURVEYS__CES__LOW -> ("surveys", "ces", "low"); names of currencies are upper case."""
    words = name.removeprefix(PREFIX).lower().split("__")
    return tuple(word.upper() if i == 1 and words[0] == "currencies" else word for i, word in enumerate(words))


def _misspelt(environ: Mapping[str, str]) -> Iterator[Fault]:
    """One underscore instead of two would be ignored in silence."""
    for name in environ:
        section, _, rest = name.removeprefix(PREFIX).partition("_")
        if name.startswith(PREFIX) and not _is_setting(name) and rest and section.lower() in Sections.__struct_fields__:
            mend = f"is unknown; did you mean {PREFIX}{section}__{rest}?"
            yield Fault(f"variable {name}", 0, "", "", mend)


def _overlay(tree: dict[str, Any], origin: Origin, environ: Mapping[str, str]) -> Iterator[Fault]:
    """Puts the variables into the tree, as text that is yet to be read."""
    for where, name in origin.variables.items():
        table = tree
        for word in where[:-1]:
            table = table.setdefault(word, {})
            if not isinstance(table, dict):
                yield origin.fault(where, None, f"{word} is a value, not a table")
                break
        else:
            table[where[-1]] = environ[name]


def _from_file(tree: dict[str, Any], where: Where, file: Any, origin: Origin) -> Iterator[Fault]:
    """Reads a secret named by `..._file` into its place."""
    table = tree
    for word in where[:-1]:
        table = table[word]
    secret = where[-1].removesuffix("_file")
    del table[where[-1]]
    if table.get(secret):
        yield origin.fault(where, file, f"{secret} is given too; take one of them away")
        return
    try:
        table[secret] = Path(file).read_text("utf-8").strip()
    except (OSError, TypeError, UnicodeDecodeError) as error:
        yield origin.fault(where, file, f"can not be read: {getattr(error, 'strerror', None) or error}")
