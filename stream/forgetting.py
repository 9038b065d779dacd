"""When records are let go: kept long enough, too many, or steps whose head never came. CATALOGUE section 0, *keep*.

To forget is to freeze: what a record said stays in the panes; later steps of it are `too_late` or `headless`.
"""

from __future__ import annotations

from zlib import crc32

from stream import sessions
from stream.definitions import DAY
from stream.journey import FAMILY, Journey, Ticket, Waiting
from stream.packed import HEALTH
from stream.plain import balance
from stream.plan import Plan, reads
from stream.steps import BALANCE
from stream.subscriptions import Subscription

RETURNED = 98 * DAY  # a customer who comes back within 90 d is no new one, also when heard a week late
# What is over and can not be dropped, since an alert is open, is looked at again so often at least. A customer whose
# ticket nobody ever closes has very many such records: looked at every day, they cost more than all that happens.
AGAIN = 8 * DAY
REACH = 7 * DAY  # how far a ticket's findings look at other tickets of its issue, and its facts at least
# Long records, and how much of them is let go at a time.
TRIMMED = {"usage": 14 * DAY, "features": 30 * DAY, "invoices": 30 * DAY, "health": 0}
LOOKS = 8  # of the looks that found a change the last two stay, up to so many
RATED = 98 * DAY  # how long an NPS answer counts, and 8 d for what may be heard late: it is kept at least so long


def looked_at(journey: Journey, item: str, clock: int) -> int | None:
    """When an item is next looked at: a record for being over, waiting steps for having no head. Log clock ms."""
    waiting = journey.row.waiting
    if waiting and item in waiting:
        heard: int = min(w.heard for w in waiting[item])
        return heard + journey.definitions.grace
    if item == HEALTH:
        return daily(journey, clock) if journey.health() else None
    end = over_at(journey, item)
    if end is None or end > clock:
        return end
    over = clock - end  # and it could not be dropped: again after 1, 2, 4, 8 d, then every 8
    return end + min(DAY << (over // DAY).bit_length(), (over // AGAIN + 1) * AGAIN)


def daily(journey: Journey, clock: int) -> int:
    """The next time after `clock` at which a customer is looked at once a day: the key decides the time of day."""
    return clock + 1 + (crc32(journey.subject.encode()) - clock - 1) % DAY


def is_daily(journey: Journey, clock: int) -> bool:
    """Whether it is only the daily look that is due: no change of segment or stage lies ahead."""
    attributes = journey.row.attributes
    return daily(journey, clock - 1) == clock and not (attributes and attributes[-1].at > clock)


def over_at(journey: Journey, item: str) -> int | None:
    """Log clock at which a record has been kept long enough; None while it is open, or for no record.

    One ms after `keep`: then a repeat of any of its events is too late, and can not count twice.
    """
    code = item[0]
    if code not in FAMILY or not (views := journey.seen.get(item) or journey.views(item)):
        return None
    view, keep = views[0], journey.definitions.keep
    last: int = view.steps[-1].at
    if code == "t":
        return None if view.is_open else last + keep.records + 1
    if code in ("v", "q"):
        return last + keep.sessions + 1
    if code == "u":
        return _ended_long(journey)
    if code in ("m", "h"):
        return None  # the ledger is never dropped, health goes when it is not known any more
    if code in ("d", "f"):
        return (view.steps[-1].data[0] if code == "d" else last) + keep.usage + 1
    counts = code == "s" and view.definition.family == "nps"
    return last + (max(keep.records, RATED) if counts else keep.records) + 1


def _ended_long(journey: Journey) -> int | None:
    """As `over_at`: a customer's subscriptions go together, since what one moves is told from the others."""
    ends = [_ended(one, journey) for one in journey.subscriptions]
    return None if None in ends else max(end for end in ends if end is not None)


def _ended(one: Subscription, journey: Journey) -> int | None:
    keep = max(journey.definitions.keep.records, RETURNED)
    return None if one.ended is None else max(one.steps[-1].at, one.ended) + keep + 1


def stale(journey: Journey, family: str, record: str, clock: int) -> bool:
    """Whether a long record has steps that `trim` would take: some weeks of them at a time."""
    steps = journey.records(family).get(record)
    if not steps or journey.row.backfill:
        return False
    if family == "health":
        return len(steps) > LOOKS
    first = steps[0]
    if family == "invoices":
        first = next((s for s in steps if s.kind != BALANCE), first)
    return first.at < clock - _kept(journey, family) - TRIMMED[family]


def trim(journey: Journey, family: str, record: str, clock: int) -> None:
    """Let go of the steps that have been kept long enough; of invoices the sums stay."""
    steps = journey.records(family)[record]
    edge = steps[-2].at if family == "health" else clock - _kept(journey, family)
    left = [s for s in steps if s.at >= edge]
    if family == "invoices":
        left = balance([s for s in steps if s.at < edge], journey.definitions) + left
    if left:
        journey.records(family)[record] = left
    else:
        del journey.records(family)[record]
    journey.touch(family, record)


def _kept(journey: Journey, family: str) -> int:
    keep = journey.definitions.keep
    return keep.records if family == "invoices" else keep.usage


def is_past(journey: Journey, item: str, clock: int) -> bool:
    """Whether a record has been kept long enough: it goes as soon as nothing looks at it."""
    end = over_at(journey, item)
    return end is not None and end <= clock


def is_frozen(journey: Journey, ticket: str, clock: int) -> bool:
    """Whether a ticket takes no more steps: kept long enough, and only there for others to look at."""
    if clock <= journey.records("tickets")[ticket][-1].at + journey.definitions.keep.records:
        return False  # as mostly
    return not journey.row.backfill and is_past(journey, f"t:{ticket}", clock)


def is_over(journey: Journey, item: str, clock: int, plan: Plan) -> bool:
    """Whether a record may go now: kept long enough, and nothing open or younger still looks at it."""
    if not is_past(journey, item, clock) or journey.row.backfill:
        return False
    if bears_alert(journey, FAMILY[item[0]], plan):
        return False
    return item[0] != "t" or _is_alone(journey, journey.views(item)[0], clock, plan)


def bears_alert(journey: Journey, family: str, plan: Plan) -> bool:
    """Whether an open alert may rest on records of a family: they stay as long as it is open."""
    return any(
        held.status == "open" and reads(plan.signal_by_name[held.signal], family) for held in journey.alerts.values()
    )


def _is_alone(journey: Journey, ticket: Ticket, clock: int, plan: Plan) -> bool:
    """No living ticket of the issue can look back at this one: else its facts would change without a cause."""
    reach = ticket.steps[-1].at + max((REACH, *(kpi.matures for kpi in plan.eyes["i"].kpis)))
    return not any(
        other is not ticket and other.opened <= reach and not is_past(journey, f"t:{other.id}", clock)
        for other in journey.issue(ticket.topic).tickets
    )


def closed(journey: Journey, family: str) -> list[tuple[int, str]]:
    """(when it would be over, item) of each record of a family that is closed."""
    code = next(c for c, f in FAMILY.items() if f == family)
    if code == "u":
        found = ((_ended(one, journey), f"u:{one.id}") for one in journey.subscriptions)
        return [(end, item) for end, item in found if end is not None]
    items = [f"{code}:{record}" for record in journey.records(family)]
    return [(end, item) for item in items if (end := over_at(journey, item)) is not None]


def shorten(journey: Journey, family: str, record: str, left: int) -> int:
    """Take the oldest steps out of a record until so many are left; how many that were."""
    steps = journey.records(family)[record]
    gone = len(steps) - left
    journey.row.edges[family] = max(journey.row.edges.get(family, 0), steps[gone - 1].at)
    journey.records(family)[record] = steps[gone:]
    journey.touch(family, record)
    return gone


def drop(journey: Journey, item: str) -> None:
    """Take a record out of a journey (of views without a session id: the oldest run)."""
    code, record = item[0], item[2:]
    family = FAMILY[code]
    if code == "t":
        _keep_dims(journey, record)
    records = journey.records(family)
    if code == "v" and not record and len(runs := sessions.split(records[record])) > 1:
        records[record] = [step for run in runs[1:] for step in run]
    else:
        del records[record]
        for id_ in [i for i, held in journey.alerts.items() if held.item == item]:
            del journey.alerts[id_]
            journey.row.verdicts.pop(id_, None)
        if code == "s":
            _unlink(journey, record)
    journey.touch(family, record)


def _keep_dims(journey: Journey, ticket: str) -> None:
    """Surveys keep the channel, topic and team of a forgotten ticket."""
    for id_ in journey.row.links.pop(ticket, ()):
        survey = journey.survey(id_)
        if survey is not None and survey.ticket == ticket and id_ not in journey.row.kept:
            journey.row.kept[id_] = survey.dims


def _unlink(journey: Journey, survey: str) -> None:
    row = journey.row
    row.kept.pop(survey, None)
    for ticket in [t for t, linked in row.links.items() if survey in linked]:
        row.links[ticket].remove(survey)
        if not row.links[ticket]:
            del row.links[ticket]


def give_up(journey: Journey, item: str, clock: int) -> list[Waiting]:
    """Take out the steps whose head was not heard within the grace; they leave as dead letters."""
    waiting, record = journey.row.waiting, item[2:]
    family = FAMILY[item[0]]
    over = [w for w in waiting[item] if w.heard + journey.definitions.grace <= clock]
    gone = {w.uid: None for w in over}
    records = journey.records(family)
    records[record] = [s for s in records[record] if s.uid not in gone]
    if not records[record]:
        del records[record]
    waiting[item] = [w for w in waiting[item] if w.uid not in gone]
    if not waiting[item]:
        del waiting[item]
    journey.touch(family, record)
    return over
