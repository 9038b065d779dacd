"""What came of the month in a generated company, written down: docgen/month.json, docs/month.md, docs/signals.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docgen/month.json"


class Row(Struct):
    """An incident, and the first that people were told of it: the signal, what it said, how late; "" = nothing."""

    name: str
    page: str = ""
    page_text: str = ""
    page_after: str = ""
    queue: str = ""
    queue_text: str = ""
    queue_after: str = ""

    @property
    def found(self) -> bool:
        return bool(self.page or self.queue)


class Written(Struct):
    """What came of a month. `pages` = how many of each kind, in words; `false` = what those said that were none."""

    customers: int
    days: int
    rows: list[Row]
    pages: list[tuple[str, str]]
    queued: int
    false: list[str]
    paged: int = 0


def read() -> Written:
    """The month as it was last run."""
    return msgspec.json.decode(FILE.read_bytes(), type=Written)


def write(month: Written) -> None:
    """Keep it, and write docs/month.md."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(month), indent=1) + b"\n")
    (ROOT / "docs/month.md").write_text(page(month), "utf-8")


def page(month: Written) -> str:
    """docs/month.md."""
    lines = [
        "# A month in a generated company",
        "",
        f"{month.customers:,} customers, five weeks of history, then {month.days} days in which five known things go",
        "wrong (`stream/infra/world_incidents.py`). Events go through the same folds as live (`stream.replay`,",
        "delivery), with the default settings, which have no SLA targets (`[signals.sla_at_risk]`). Written by",
        "`make month`.",
        "",
        *table(month, texts=True),
        "",
        "| pages of the month | |",
        "|---|---|",
        *(f"| {kind} | {n} |" for kind, n in month.pages),
        "",
        f"{month.queued:,} alerts went to the queue.",
        "",
    ]
    if missed := [row.name for row in month.rows if not row.found]:
        lines += [f"Not found: {', '.join(missed)}.", ""]
    if month.false:
        lines += ["False pages:", "", *(f"- {text}" for text in month.false), ""]
    return "\n".join(lines)


def table(month: Written, *, texts: bool) -> Iterator[str]:
    """What went wrong, by what it was found and how late; with what was said, if `texts`."""
    yield "| what went wrong | first page | after | first in the queue | after |"
    yield "|---|---|---|---|---|"
    for row in month.rows:
        told = [(row.page, row.page_text, row.page_after), (row.queue, row.queue_text, row.queue_after)]
        cells = [row.name]
        for signal, text, after in told:
            cells += [f"`{signal}`" + (f": {text}" if texts else "") if signal else "none", after or "-"]
        yield f"| {' | '.join(cells)} |"


def section() -> str:
    """What docs/signals.md says of it."""
    month = read()
    n = len(month.false)
    return "\n".join(
        [
            "## A month in which known things go wrong",
            "",
            f"In a generated company of {month.customers:,} customers, by `make month`; [month](month.md) says more.",
            "",
            *table(month, texts=False),
            "",
            f"{month.paged} pages in {month.days} days, {month.paged / month.days:.1f} a day; false ones: {n}",
            "(about many, and of nothing that went wrong).",
            "",
        ]
    )
