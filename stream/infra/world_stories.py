"""The unlucky customers of a live world: short stories that make each kind of early warning come true, in turn."""

from __future__ import annotations

from collections.abc import Callable

from stream.infra.world_people import DAY, HOUR, MINUTE, SECOND, Customer, rfc3339

GAP = 3 * MINUTE  # one group of stories begins so long after the other


def repeat_contact(c: Customer, now: int) -> None:
    """Asks about the same bill for the third time within a week."""
    for ago, channel in ((4 * DAY, "email"), (DAY, "chat")):
        _ticket(c, f"{ago}", now - ago, channel, "billing", "accounts")
        c.say("ticket.resolved", now - ago + 3 * HOUR, {"ticket": f"T-{c.index}-{ago}"})
    _ticket(c, "3", now, "phone", "billing", "accounts")


def falling_ces(c: Customer, now: int) -> None:
    """Finds every contact harder than the one before."""
    for survey, (ago, score) in enumerate(((12 * DAY, 4), (5 * DAY, 3), (0, 1))):
        about = {"survey": f"S-{c.index}-{survey}", "kind": "ces"}
        c.say("survey.sent", now - ago - HOUR, about)
        c.say("survey.answered", now - ago, {**about, "score": score})


def low_score(c: Customer, now: int) -> None:
    """Would not recommend us."""
    about = {"survey": f"S-{c.index}-0", "kind": "nps"}
    c.say("survey.sent", now - 2 * DAY, about)
    c.say("survey.answered", now, {**about, "score": 2, "comment": "no answer for days"})


def reopened(c: Customer, now: int) -> None:
    """Was told that it works, and it does not; it does ten minutes later."""
    ticket = _ticket(c, "1", now - 2 * DAY, "chat", "login", "front")
    c.say("ticket.resolved", now - DAY, ticket)
    c.say("ticket.reopened", now, ticket)
    c.say("ticket.resolved", now + 10 * MINUTE, ticket)


def ping_pong(c: Customer, now: int) -> None:
    """Is sent to another team and back."""
    ticket = _ticket(c, "1", now - 5 * HOUR, "email", "api", "technical")
    c.say("ticket.transferred", now - 3 * HOUR, {**ticket, "to_team": "platform"})
    c.say("ticket.transferred", now, {**ticket, "to_team": "technical"})
    c.say("ticket.resolved", now + 8 * MINUTE, ticket)


def renewal_at_risk(c: Customer, now: int) -> None:
    """Must decide in three weeks and has waited six days for an answer."""
    _ticket(c, "1", now - 6 * DAY, "phone", "delivery", "logistics")
    c.say(
        "renewal.due",
        now,
        {"subscription": c.subscriptions[0].ref, "due_at": rfc3339(now + 21 * DAY)},
    )


def _ticket(c: Customer, name: str, time: int, channel: str, topic: str, team: str) -> dict[str, str]:
    ticket = {"ticket": f"T-{c.index}-{name}"}
    c.say(
        "ticket.opened",
        time,
        {**ticket, "channel": channel, "topic": topic, "team": team},
    )
    return ticket


STORIES: tuple[Callable[[Customer, int], None], ...] = (
    repeat_contact,
    falling_ces,
    low_score,
    reopened,
    ping_pong,
    renewal_at_risk,
)


def tell(c: Customer, time: int, climax: int) -> None:
    """All that customer `c.index` says; the friction comes at `climax` (ms), what leads to it before."""
    STORIES[c.index % len(STORIES)](c, climax)


def climax(index: int, live: int) -> int:
    """When (ms) the story of the unlucky customer `index` comes true: within a minute of `live`, then in groups."""
    group, place = divmod(index, len(STORIES))
    return live + (5 + 7 * place) * SECOND + group * GAP
