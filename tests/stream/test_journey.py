"""What is derived of a journey grows with its steps: at any time it is what the journey's bytes tell."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from stream import steps as S
from stream.definitions import MINUTE
from stream.journey import FAMILY, Journey, issue_item
from stream.steps import Step
from tests.support.builders import DEFINITIONS

TOPICS = ("a", "b", None)
TEAMS = ("x", "y", None)
LEFT = ("cuts", "moves", "_dims", "_contacts")  # remembered, as far as asked


def told(view: Any) -> dict[str, Any]:
    """All that a view says; the tickets of an issue by their ids."""
    slots = [name for kind in type(view).__mro__ for name in getattr(kind, "__slots__", ()) if name not in LEFT]
    said = {name: getattr(view, name) for name in slots}
    if "tickets" in said:
        said |= {"tickets": [ticket.id for ticket in view.tickets], "contacts": view.contacts}
    return said


def shown(journey: Journey) -> dict[str, Any]:
    items = [f"{code}:{id_}" for code, family in FAMILY.items() for id_ in sorted(journey.records(family))]
    items += [issue_item(topic) for topic in TOPICS]
    said: dict[str, Any] = {item: [told(view) for view in journey.views(item)] for item in items}
    return said | {
        "tickets": sorted(ticket.id for ticket in journey.tickets),
        "openings": journey.openings,
        "surveys": sorted(survey.id for survey in journey.surveys_of(("ces",))),
    }


def heard(random: Random, at: int, uid: int) -> tuple[str, str, Step]:
    """Any step of one of a few records, as (family, record, step): few enough that they meet."""
    ticket, survey = random.choice(("T1", "T2", "T3")), random.choice(("S1", "S2"))
    about = random.choice((ticket, None))
    family, record, kind, data = random.choice((
        ("tickets", ticket, S.OPENED, ("chat", random.choice(TOPICS), random.choice(TEAMS))),
        ("tickets", ticket, S.UPDATED, (random.choice(TOPICS),)),
        ("tickets", ticket, S.TRANSFERRED, ("y",)),
        ("tickets", ticket, S.REPLIED, ("customer", True)),
        ("tickets", ticket, random.choice((S.RESOLVED, S.REOPENED)), ()),
        ("surveys", survey, S.SENT, ("ces", True, about)),
        ("surveys", survey, S.ANSWERED, ("ces", 5, about)),
        ("sessions", random.choice(("V1", "")), S.VIEWED, ("product", random.choice((True, None)))),
        ("features", "f", S.USED, ()),
        ("customer", "", S.ATTRIBUTES, (random.choice(("small", "large")),)),
    ))  # fmt: skip
    return family, record, Step(at, kind, uid, None, None, data)


@pytest.mark.parametrize("first", range(0, 300, 30))
def test_views_grow_as_if_derived_anew(first: int) -> None:
    for seed in range(first, first + 30):
        random, journey = Random(seed), Journey("c1", DEFINITIONS)
        for i in range(1, 40):
            at = i * MINUTE if random.random() < 0.8 else random.randrange(i + 1) * MINUTE  # mostly the newest
            journey.put(*heard(random, at, random.choice((i, i, i, i - 1))))  # a repeat now and then
            asked = random.random()
            if asked < 0.2:
                assert shown(journey) == shown(Journey("c1", DEFINITIONS, journey.encode()))
            elif asked < 0.4:  # only some is derived when the next step comes
                journey.views(random.choice(("s:S1", "s:S2", "t:T1", *map(issue_item, TOPICS))))
            elif asked < 0.5:
                journey = Journey("c1", DEFINITIONS, journey.encode())
