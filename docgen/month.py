"""A month in a generated company in which known things go wrong: what is found, how soon, and who is woken for nothing.

`python -m docgen.month [CUSTOMERS]` writes docs/month.md; `make month` is the same. Minutes with 20,000 customers.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from stream.claims import Alert
from stream.definitions import DAY, HOUR, Definitions
from stream.delivering import DeliveryPartition
from stream.infra import plugins
from stream.infra.settings import load
from stream.infra.world import world
from stream.infra.world_incidents import BROKEN, SILENT, Company, Incident, unanswered
from stream.infra.world_people import born
from stream.notices import Held, head_of, is_watch, span
from stream.policy import Policy
from stream.record import ALERTS, CLOCK, Record
from stream.replay import Replay
from stream.sources.cloudevents import SOURCE
from stream.summaries import OWN

START = 1_767_571_200_000  # Monday 2026-01-05T00:00Z
HISTORY, MONTH = 35 * DAY, 30 * DAY  # watches compare with the weeks before
SURVEYS, READERS = 300, 150  # a day: of a size at which a watch has enough to go by
FILE = Path(__file__).parents[1] / "docs/month.md"


class Told(Struct, frozen=True):
    """Something that people were told: at a log time (ms), as a page or in the queue."""

    at: int
    severity: str
    alert: Alert


class Found(Struct, frozen=True):
    """The first that people were told of an incident; None = nothing."""

    incident: Incident
    page: Told | None
    queue: Told | None


def incidents(begins: int) -> list[Incident]:
    """What goes wrong in the month that begins at `begins` (ms)."""
    release = (("topic", "api"), ("team", "technical"), ("channel", "chat"))  # where its tickets come in
    return [
        Incident("a broken article", begins + 4 * DAY + 9 * HOUR, begins + 7 * DAY + 9 * HOUR,
                 (("content", BROKEN), ("topic", "login"), ("team", "front"))),
        Incident("a team that stops answering", begins + 10 * DAY, begins + 13 * DAY,
                 (("team", SILENT), ("topic", "delivery"), ("topic", "returns"))),
        Incident("a bad release", begins + 16 * DAY + 14 * HOUR, begins + 16 * DAY + 16 * HOUR, release),
        Incident("another bad release", begins + 21 * DAY + 10 * HOUR, begins + 21 * DAY + 12 * HOUR, release),
        Incident("CES of a segment declines slowly", begins + 14 * DAY, begins + MONTH, (("segment", "smb"),),
                 ("ces_easy", "effort")),
    ]  # fmt: skip


def log(customers: int, seed: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """The events of history and month, in order of append time."""
    begins = START + HISTORY
    end = begins + MONTH
    article, silence, *releases, decline = incidents(begins)
    segments = {f"customer-{i}": born(i, seed, ("USD",)).segment for i in range(customers)}
    company = Company(customers, segments, seed)
    found = unanswered(world(customers, START, end, seed, currencies=("USD",)), silence)
    found = company.read(found, START, end, article, READERS)
    found = company.asked(found, START, end, decline, SURVEYS)
    for release in releases:
        found = company.released(found, release, 0.03)
    return ((at, event) for at, event in found if at <= end)


def replayed(customers: int, seed: int) -> list[Alert]:
    """Every change of every alert, in order of log time."""
    settings = load(None, {})
    made = plugins.load(settings)
    definitions = msgspec.structs.replace(settings.definitions, partitions=1, kpi_partitions=1)
    replay = Replay(definitions, made.kpis, made.signals.values(), list(made.watches.values()), keep_panes=False)
    rows = ((at, json.dumps(event).encode()) for at, event in log(customers, seed))
    for _ in replay.raw(SOURCE, rows):
        pass
    replay.finish(START + HISTORY + MONTH)
    return replay.changes()


def delivered(changes: list[Alert], policy: Policy) -> list[Told]:
    """What people were told of them in the month: each alert when it opened to them, and when it became a page."""
    fold = DeliveryPartition(Definitions(), "month", 0, {}, None, policy)
    encode = msgspec.json.Encoder().encode
    rows = [Record(ALERTS, 0, i, one.changed, b"", encode(one)) for i, one in enumerate(changes)]
    rows.append(Record(ALERTS, 0, len(rows), START + HISTORY + MONTH, CLOCK, None))
    last: dict[str, tuple[int, str]] = {}
    told: list[Told] = []
    for row in rows:
        for append in fold.feed([row]):
            for key, _ in append.puts:
                held = fold.held(key.decode())
                if held is not None and held.head.is_open and row.timestamp >= START + HISTORY:
                    told += _news(held, last)
    return told


def _news(held: Held, last: dict[str, tuple[int, str]]) -> Iterator[Told]:
    loud = {1: "info", 2: "queue", 3: "page"}[held.routing.severity] if held.routing else held.head.severity
    before, last[held.head.id] = last.get(held.head.id), (held.head.episode, loud)
    if (
        loud != "info"
        and before != (held.head.episode, loud)
        and (before is None or loud == "page" or before[0] < held.head.episode)
    ):
        yield Told(held.head.changed, loud, held.alert)


class Month(Struct, frozen=True):
    """What came of it. `false` = pages that are about many, and of no incident."""

    customers: int
    found: list[Found]
    told: list[Told]
    false: list[Told]

    @property
    def pages(self) -> list[Told]:
        return [told for told in self.told if told.severity == "page"]


def judged(customers: int, told: list[Told]) -> Month:
    """Hold what people were told against what is true."""
    truth = incidents(START + HISTORY)
    about_many = [one for one in told if one.alert.signal in OWN or is_watch(head_of(one.alert))]
    found = [Found(one, *(_first(about_many, one, severity) for severity in ("page", "queue"))) for one in truth]
    false = [
        one for one in about_many
        if one.severity == "page" and not any(true.is_of(one.alert.cut, one.alert.cause, one.at) for true in truth)
    ]  # fmt: skip
    return Month(customers, found, told, false)


def _first(told: list[Told], incident: Incident, severity: str) -> Told | None:
    """By its labels alone: what is about everybody may be chance."""
    mine = (one for one in told if one.severity == severity and incident.is_of(one.alert.cut, "", one.at))
    return min(mine, key=lambda one: one.at, default=None)


def page(month: Month) -> str:
    """docs/month.md."""
    lines = [
        "# A month in a generated company",
        "",
        f"{month.customers:,} customers, five weeks of history, then a month in which five known things go wrong",
        "(`stream/infra/world_incidents.py`). Events go through the same folds as live (`stream.replay`, delivery),",
        "with the default settings, which have no SLA targets (`[signals.sla_at_risk]`): a team that does not answer",
        "breaks none. Written by `make month`.",
        "",
        "| what went wrong | first page | after | first in the queue | after |",
        "|---|---|---|---|---|",
        *map(_row, month.found),
        "",
        "| pages of the month | |",
        "|---|---|",
        *_counted(month),
        "",
        f"{sum(one.severity == 'queue' for one in month.told):,} alerts went to the queue.",
        "",
    ]
    if missed := [one.incident.name for one in month.found if not (one.page or one.queue)]:
        lines += [f"Not found: {', '.join(missed)}.", ""]
    if month.false:
        lines += ["False pages:", "", *(f"- {one.alert.text}" for one in month.false), ""]
    return "\n".join(lines)


def _counted(month: Month) -> Iterator[str]:
    pages, days = month.pages, MONTH // DAY
    a_day = Counter((one.at - START) // DAY for one in pages)
    yield f"| in all | {len(pages)}: {len(pages) / days:.1f} a day, {max(a_day.values(), default=0)} on the worst |"
    for kind, n in sorted(Counter(map(_kind, pages)).items()):
        yield f"| {kind} | {n} |"
    others = (one for one in pages if one.alert.signal not in OWN)
    hours = Counter((one.alert.cut.get("team", Policy().team), one.at // HOUR) for one in others)
    busiest = max(hours.values(), default=0)
    yield f"| most of one team in an hour (delivery's own apart) | {busiest} of {Policy().budget} |"
    yield f"| false: about many, of nothing that went wrong | {len(month.false)} |"


def _row(found: Found) -> str:
    cells = [found.incident.name]
    for told in (found.page, found.queue):
        late = "" if told is None else span(told.at - found.incident.start)
        cells += ["none", "-"] if told is None else [f"`{told.alert.signal}`: {told.alert.text}", late]
    return f"| {' | '.join(cells)} |"


def _kind(told: Told) -> str:
    if told.alert.signal in OWN:
        return f"delivery's own: {told.alert.signal}"
    return (
        f"of watches: {told.alert.signal}"
        if is_watch(head_of(told.alert))
        else f"about one customer: {told.alert.signal}"
    )


def main(arguments: list[str]) -> int:
    customers = int(arguments[0]) if arguments else 20_000
    month = judged(customers, delivered(replayed(customers, 1), Policy()))
    FILE.write_text(page(month), "utf-8")
    print(page(month))
    return 0 if all(one.page or one.queue for one in month.found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
