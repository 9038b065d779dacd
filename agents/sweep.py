"""`--sweep PARAMETER=A..B`: the values that a parameter takes in turn."""

from __future__ import annotations

from typing import Any

from stream.claims import Signal
from stream.faults import Fault, Faults, as_duration, duration
from stream.infra.plugins import fields, tuned

EACH = 13  # so many values are all taken; of more, some
SOME = 9  # from end to end, evenly

Settings = list[tuple[dict[str, int], Signal]]


def swept(signal: Signal, text: str) -> Settings:
    """The signal with each value of its parameter, ascending. Raises Faults."""
    name, _, ends = text.partition("=")
    first, dots, last = ends.partition("..")
    name = name.strip()
    if not dots:
        raise _fault(text, "write PARAMETER=A..B, as teams=2..6 or limit_ms=4h..24h")
    kind = fields(signal).get(name)
    if kind is not None and kind is not int:
        raise _fault(name, "is no number, so it has no values between two others")
    try:
        low, high = _number(first), _number(last)
    except ValueError as error:
        raise _fault(f"{first}..{last}", str(error)) from None
    if low > high:
        raise _fault(f"{first}..{last}", "goes down; write the smaller value first")
    return [({name: value}, _with(signal, name, value)) for value in values(low, high, _grid(first, low, high))]


def values(low: int, high: int, step: int = 1) -> list[int]:
    """All multiples of `step` from `low` to `high`, if they are few; else some, from end to end."""
    if (high - low) // step < EACH:
        return [*range(low, high + 1, step)]
    return [low + (high - low) * i // (SOME - 1) // step * step for i in range(SOME - 1)] + [high]


def shown(name: str, value: int) -> str:
    """A value as settings would have it."""
    return as_duration(value) if name.endswith("_ms") or name == "linger" else f"{value}"


def _grid(first: str, low: int, high: int) -> int:
    """The unit in which the first value is written, if both are whole numbers of it; else 1."""
    unit = first.strip().lstrip("0123456789").strip()
    step = duration(f"1{unit}") if unit else 1
    return step if low % step == 0 and high % step == 0 else 1


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.removeprefix("-").isdecimal() else duration(text)


def _with(signal: Signal, name: str, value: int) -> Signal:
    other: Any
    other, said = tuned(signal, {name: value})
    if said:
        raise Faults(Fault(f"--sweep of {signal.name}", 0, ".".join(where), "", mend) for where, _, mend in said)
    found: Signal = other
    return found


def _fault(key: str, mend: str) -> Faults:
    return Faults([Fault("--sweep", 0, key, "", mend)])
