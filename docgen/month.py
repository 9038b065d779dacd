"""A month in a generated company in which known things go wrong: what is found, how soon, and who is woken for nothing.

`python -m docgen.month [CUSTOMERS]` writes docgen/month.json and docs/month.md; `make month` puts the table into
docs/signals.md too. 5,000 customers took 273 s of one core and 302 MB on a busy machine; 20,000 were not tried.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from docgen.month_page import Row, Written, page, write
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
SURVEYS, READERS = 300, 150  # a day: of a size at which a watch has enough to go by
RELEASED, SHARE = 60, 0.03  # tickets of a bad release at least, and of how many customers


class Plan(Struct, frozen=True):
    """A month: of how many customers, how long. What goes wrong begins earlier in a shorter one."""

    customers: int = 20_000
    days: int = 30
    history: int = 35  # days before it: watches compare with the weeks before
    surveys: int = SURVEYS
    readers: int = READERS
    seed: int = 1

    @property
    def begins(self) -> int:
        """When the month begins, after the history; ms."""
        return START + self.history * DAY

    @property
    def end(self) -> int:
        """ms."""
        return self.begins + self.days * DAY

    def day(self, n: int) -> int:
        """Of a month of 30, the day that it is in this one, ms from its begin."""
        return n * self.days // 30 * DAY


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


def incidents(plan: Plan) -> list[Incident]:
    """What goes wrong in the month."""
    begins, day = plan.begins, plan.day
    article, silence, first, second = begins + day(4) + 9 * HOUR, begins + day(10), begins + day(16), begins + day(21)
    release = (("topic", "api"), ("team", "technical"), ("channel", "chat"))  # where its tickets come in
    return [
        Incident("a broken article", article, article + 3 * DAY,
                 (("content", BROKEN), ("topic", "login"), ("team", "front"))),
        Incident("a team that stops answering", silence, silence + 3 * DAY,
                 (("team", SILENT), ("topic", "delivery"), ("topic", "returns"))),
        Incident("a bad release", first + 14 * HOUR, first + 16 * HOUR, release),
        Incident("another bad release", second + 10 * HOUR, second + 12 * HOUR, release),
        Incident("CES of a segment declines slowly", begins + day(14), plan.end, (("segment", "smb"),),
                 ("ces_easy", "effort")),
    ]  # fmt: skip


def log(plan: Plan) -> Iterator[tuple[int, dict[str, Any]]]:
    """The events of history and month, in order of append time."""
    customers, seed, end = plan.customers, plan.seed, plan.end
    article, silence, *releases, decline = incidents(plan)
    segments = {f"customer-{i}": born(i, seed, ("USD",)).segment for i in range(customers)}
    company = Company(customers, segments, seed)
    found = unanswered(world(customers, START, end, seed, currencies=("USD",)), silence)
    found = company.read(found, START, end, article, plan.readers)
    found = company.asked(found, START, end, decline, plan.surveys)
    for release in releases:
        found = company.released(found, release, max(SHARE, RELEASED / customers))
    return ((at, event) for at, event in found if at <= end)


def replayed(plan: Plan) -> list[Alert]:
    """Every change of every alert, in order of log time."""
    settings = load(None, {})
    made = plugins.load(settings)
    definitions = msgspec.structs.replace(settings.definitions, partitions=1, kpi_partitions=1)
    replay = Replay(definitions, made.kpis, made.signals.values(), list(made.watches.values()), keep_panes=False)
    rows = ((at, json.dumps(event).encode()) for at, event in log(plan))
    replay.raw(SOURCE, rows)
    replay.finish(plan.end)
    return replay.changes()


def run(plan: Plan) -> Month:
    """All of it."""
    return judged(plan, delivered(plan, replayed(plan), Policy()))


def delivered(plan: Plan, changes: list[Alert], policy: Policy) -> list[Told]:
    """What people were told of them in the month: each alert when it opened to them, and when it became a page."""
    fold = DeliveryPartition(Definitions(), "month", 0, {}, None, policy)
    encode = msgspec.json.Encoder().encode
    rows = [Record(ALERTS, 0, i, one.changed, b"", encode(one)) for i, one in enumerate(changes)]
    rows.append(Record(ALERTS, 0, len(rows), plan.end, CLOCK, None))
    last: dict[str, tuple[int, str]] = {}
    told: list[Told] = []
    for row in rows:
        for append in fold.feed([row]):
            for key, _ in append.puts:
                held = fold.held(key.decode())
                if held is not None and held.head.is_open and row.timestamp >= plan.begins:
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

    plan: Plan
    found: list[Found]
    told: list[Told]
    false: list[Told]

    @property
    def pages(self) -> list[Told]:
        return [told for told in self.told if told.severity == "page"]


def judged(plan: Plan, told: list[Told]) -> Month:
    """Hold what people were told against what is true."""
    truth = incidents(plan)
    about_many = [one for one in told if one.alert.signal in OWN or is_watch(head_of(one.alert))]
    found = [Found(one, *(_first(about_many, one, severity) for severity in ("page", "queue"))) for one in truth]
    false = [
        one for one in about_many
        if one.severity == "page" and not any(_is_of(true, one, one.alert.cause) for true in truth)
    ]  # fmt: skip
    return Month(plan, found, told, false)


def _first(told: list[Told], incident: Incident, severity: str) -> Told | None:
    """By its labels alone: what is about everybody may be chance."""
    mine = (one for one in told if one.severity == severity and _is_of(incident, one, ""))
    return min(mine, key=lambda one: one.at, default=None)


def _is_of(incident: Incident, told: Told, cause: str) -> bool:
    """What delivery groups by a label says nothing of a KPI: it may be of the same segment by chance."""
    if incident.kpis and told.alert.signal in OWN:
        return False
    return incident.is_of(told.alert.cut, cause, told.at)


def written(month: Month) -> Written:
    """As it is kept and shown."""
    return Written(
        month.plan.customers, month.plan.days, [_row(one) for one in month.found], list(_counted(month)),
        sum(one.severity == "queue" for one in month.told), [one.alert.text for one in month.false], len(month.pages),
    )  # fmt: skip


def _counted(month: Month) -> Iterator[tuple[str, str]]:
    pages, days = month.pages, month.plan.days
    a_day = Counter((one.at - START) // DAY for one in pages)
    yield "in all", f"{len(pages)}: {len(pages) / days:.1f} a day, {max(a_day.values(), default=0)} on the worst"
    for kind, n in sorted(Counter(map(_kind, pages)).items()):
        yield kind, str(n)
    others = (one for one in pages if one.alert.signal not in OWN)
    hours = Counter((one.alert.cut.get("team", Policy().team), one.at // HOUR) for one in others)
    busiest = max(hours.values(), default=0)
    yield "most of one team in an hour (delivery's own apart)", f"{busiest} of {Policy().budget}"
    yield "false: about many, of nothing that went wrong", str(len(month.false))


def _row(found: Found) -> Row:
    row = Row(found.incident.name)
    for kind, told in (("page", found.page), ("queue", found.queue)):
        if told is not None:
            setattr(row, kind, told.alert.signal)
            setattr(row, f"{kind}_text", told.alert.text)
            setattr(row, f"{kind}_after", span(told.at - found.incident.start))
    return row


def _kind(told: Told) -> str:
    if told.alert.signal in OWN:
        return f"delivery's own: {told.alert.signal}"
    return (
        f"of watches: {told.alert.signal}"
        if is_watch(head_of(told.alert))
        else f"about one customer: {told.alert.signal}"
    )


def main(arguments: list[str]) -> int:
    month = written(run(Plan(int(arguments[0])) if arguments else Plan()))
    write(month)
    print(page(month))
    return 0 if all(row.found for row in month.rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
