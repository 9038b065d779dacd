"""Names and numbers as people read them."""

from __future__ import annotations

from stream.definitions import SECOND
from stream.notices import span
from stream.readings import Reading

_LETTERS = {"ces", "csat", "nps", "fcr", "mrr", "arpc", "clv", "grr", "nrr", "sla", "roi", "vip"}


def title(name: str) -> str:
    """`reopen_rate` -> "Reopen rate", `fcr` -> "FCR"."""
    words = " ".join(word.upper() if word in _LETTERS else word for word in name.split("_"))
    return words[:1].upper() + words[1:]


def measure(reading: Reading | None, money: str = "") -> str:
    """Its value in its unit: "62.3 %", "5 h 12 min", "+34"; a dash where there is none. `money` = a currency's code."""
    if reading is None or reading.value is None:
        return "-"
    value = reading.value
    match reading.unit:
        case "ratio":
            return f"{100 * value:.1f} %"
        case "s":
            return span(round(value) * SECOND)
        case "points":
            return f"{value:+.0f}"
        case "tickets" | "customers":
            return f"{value:,.0f}"
        case "money":
            return f"{value / 100:,.0f} {money}".rstrip()
        case _:
            return f"{value:,.2f}"


def clock(seconds: float) -> str:
    """`m:ss`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def tally(counts: dict[str, int], most: int = 99) -> str:
    """The largest first: "low score 12, reopened 3"."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    words = [f"{name.replace('_', ' ')} {n:,}" for name, n in ranked[:most]]
    return ", ".join(words + ["…"] * (len(ranked) > most))
