"""What happens between a customer and support in the generated world: tickets, their hand-offs, surveys after them."""

from __future__ import annotations

from typing import Any

from stream.infra.world_people import (
    ANSWER,
    DAY,
    FIRST_REPLY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    SOLVE,
    Customer,
    rfc3339,
)

CHANNELS = {"email": 0.4, "chat": 0.3, "phone": 0.2, "web": 0.1}
FIRST_LINE = {
    "billing": "accounts",
    "login": "front",
    "delivery": "logistics",
    "returns": "logistics",
    "api": "technical",
}
TEAMS = (
    "front",
    "accounts",
    "logistics",
    "technical",
    "network",
    "platform",
    "vendor-desk",
    "escalation",
)
MOVES = (0.55, 0.75, 0.865, 0.94)  # shares of tickets with at most 0, 1, 2, 3 transfers
PRAISE = ("quick and friendly", "it was easy", "thanks")
BLAME = (
    "slow reply",
    "had to repeat everything",
    "wrong invoice",
    "no answer for days",
)


def contact(c: Customer, time: int, detail: Any) -> None:
    """A ticket of the ordinary kind, and the plan for the next one."""
    c.plan(c.next(time, MONTH / 0.3), "contact")
    if c.active(time) or c.chance(0.2):
        ticket(c, time, None)


def ticket(c: Customer, time: int, detail: Any) -> None:
    """The whole life of one ticket; `detail` may name its topic and the help page it came from."""
    ref, data = c.ref("T"), opening(c, time, detail or {})
    c.say("ticket.opened", time, {"ticket": ref, **data}, **_own(c))
    solved = time + c.wait(time, SOLVE)
    _talk(c, ref, time, solved)
    _hand_over(c, ref, data.get("team"), time, solved)
    if c.chance(0.33):
        asked = _between(c, time, solved)
        c.say("ticket.waiting", asked, {"ticket": ref, "on": "customer"})
        _reply(c, ref, "customer", _between(c, asked, solved))
    if c.chance(0.06):
        c.say(
            "ticket.waiting",
            _between(c, time, solved),
            {"ticket": ref, "on": c.rng.choice(("vendor", "team"))},
        )
    if c.chance(0.994):
        _resolve(c, ref, solved, data.get("topic"))


def opening(c: Customer, time: int, detail: dict[str, str]) -> dict[str, Any]:
    """The data of an opening: three in a hundred have no topic, as many no team."""
    topic = detail.get("topic") or c.rng.choice(list(FIRST_LINE))
    data: dict[str, Any] = {
        "channel": c.rng.choices(list(CHANNELS), list(CHANNELS.values()))[0],
        **detail,
    }
    if c.chance(0.97):
        data["topic"] = topic
    if c.chance(0.97):
        data["team"] = FIRST_LINE[topic]
    if c.chance(0.25):
        data["priority"] = c.rng.choice(("low", "normal", "high"))
    if c.chance(0.25):
        data["promised_by"] = rfc3339(time + c.rng.randint(1, 10) * DAY)
    return data


def _own(c: Customer) -> dict[str, str]:
    """Some events name their own segment or stage, which then apply to their record."""
    own = {}
    if c.chance(0.08):
        own["segment"] = c.rng.choice(("smb", "mid", "enterprise"))
    if c.chance(0.08):
        own["stage"] = c.rng.choice(("onboarding", "adoption", "mature"))
    return own


def _between(c: Customer, start: int, end: int) -> int:
    """An instant in (start, end], more often early."""
    return start + 1 + int((end - start - 1) * c.rng.random() ** 2)


def _reply(c: Customer, ref: str, author: str, time: int, public: bool = True) -> None:
    data: dict[str, Any] = {"ticket": ref, "author": author}
    c.say("ticket.replied", time, data if public else {**data, "public": False})


def _talk(c: Customer, ref: str, opened: int, solved: int) -> None:
    if c.chance(0.3):
        _reply(c, ref, "bot", min(solved, opened + c.rng.randint(200, 9 * SECOND)))
    first = min(solved, opened + c.wait(opened, FIRST_REPLY))
    if c.chance(0.96):
        _reply(c, ref, "agent", first)
    if c.chance(0.1):
        _reply(c, ref, "agent", _between(c, opened, solved), public=False)
    while c.chance(0.4) and first < solved:
        _reply(c, ref, "customer", _between(c, first, solved))
        first = _between(c, first, solved)
        _reply(c, ref, "agent", first)
    if c.chance(0.15):
        asked = [_between(c, opened, solved) for _ in range(2 if c.chance(0.3) else 1)]
        for time in asked:
            c.say("ticket.info_requested", time, {"ticket": ref, "field": "order number"})


def _hand_over(c: Customer, ref: str, team: str | None, opened: int, solved: int) -> None:
    share = c.rng.random()
    count = sum(share >= least for least in MOVES)
    if count == len(MOVES):
        count += c.rng.randint(0, 4)
    held = [team] if team else []
    back = c.chance(0.68)
    for time in sorted({_between(c, opened, solved) for _ in range(count)}):
        earlier = [t for t in held[:-1] if t != held[-1]]
        to = earlier[0] if back and earlier else c.rng.choice([t for t in TEAMS if t not in held] or ["overflow"])
        move = {"ticket": ref, "to_team": to}
        c.say(
            "ticket.transferred",
            time,
            {**move, "from_team": held[-1]} if held and c.chance(0.5) else move,
        )
        held.append(to)


def _resolve(c: Customer, ref: str, solved: int, topic: str | None) -> None:
    c.say("ticket.resolved", solved, {"ticket": ref})
    if c.chance(0.02):
        c.say("ticket.resolved", solved + c.rng.randint(1, HOUR), {"ticket": ref})  # closed again: changes nothing
    if c.chance(0.04):
        _reply(c, ref, "customer", solved + c.rng.randint(2 * SECOND, 3 * DAY))
    if c.chance(0.05):
        c.say(
            "ticket.updated",
            solved + c.rng.randint(-MINUTE, DAY),
            {"ticket": ref, "priority": "low"},
        )
    if c.chance(0.02):
        c.say(
            "ticket.updated",
            solved + c.rng.randint(1, DAY),
            {"ticket": ref, "topic": "api"},
        )
    _reopen(c, ref, solved)
    if topic and c.chance(0.12):
        c.plan(solved + c.rng.randint(HOUR, 9 * DAY), "ticket", {"topic": topic})
    if c.chance(0.7):
        ask(c, solved + HOUR, c.rng.choice(("csat", "csat", "ces")), ref)


def _reopen(c: Customer, ref: str, solved: int) -> None:
    again = 0.055
    while c.chance(again):
        reopened = solved + c.rng.randint(2 * SECOND, 9 * DAY)
        solved = reopened + c.rng.randint(10 * MINUTE, 3 * DAY)
        c.say("ticket.reopened", reopened, {"ticket": ref})
        if c.chance(0.3):
            c.say(
                "ticket.transferred",
                _between(c, reopened, solved),
                {"ticket": ref, "to_team": c.rng.choice(TEAMS)},
            )
        c.say("ticket.resolved", solved, {"ticket": ref})
        again = 0.15


def ask(c: Customer, time: int, kind: str, ref: str | None) -> None:
    """A survey and, often much later, its answer; some are rated again, some never arrive."""
    survey = {"survey": c.ref("S"), "kind": kind}
    about = {**survey, "ticket": ref} if ref else survey
    delivered = c.chance(0.96)
    c.say("survey.sent", time, about if delivered else {**about, "delivered": False})
    if not delivered or not c.chance(0.35):
        return
    answered = time + c.wait(time, ANSWER)
    content = score(c, kind)
    c.say("survey.answered", answered, {**about, **content})
    if c.chance(0.08):
        c.say(
            "survey.answered",
            answered + c.rng.randint(SECOND, 2 * DAY),
            {**survey, **score(c, kind)},
        )


def score(c: Customer, kind: str) -> dict[str, Any]:
    """A score on the scale of `kind`: ces 1-7 (7 easy), csat 1-5, nps 0-10; a quarter with a comment."""
    low, high = {"ces": (1, 7), "csat": (1, 5), "nps": (0, 10)}[kind]
    value = high - min(high - low, int(c.rng.expovariate(4.5 / (high - low + 1))))
    words = PRAISE if 2 * value > low + high else BLAME
    return {"score": value, "comment": c.rng.choice(words)} if c.chance(0.25) else {"score": value}


def relation(c: Customer, time: int, detail: Any) -> None:
    """The quarterly NPS survey; one answer in twelve comes without having been asked."""
    c.plan(time + 90 * DAY, "relation")
    if not c.active(time):
        return
    if c.chance(0.97):
        ask(c, time, "nps", None)
    else:
        c.say(
            "survey.answered",
            time,
            {"survey": c.ref("S"), "kind": "nps", **score(c, "nps")},
        )
