"""Small random worlds for the laws: all families, few customers, times that collide, delays of up to 7 d."""

from __future__ import annotations

from random import Random
from typing import Any

from stream.alerts import alert_id
from stream.definitions import DAY, HOUR
from tests.support import builders as B
from tests.support.builders import Told

SPAN = 30 * DAY
DELAYS = (0, 0, 0, 0, 1, 999, 10_000, HOUR, DAY, 3 * DAY, 7 * DAY)
TEAMS = ("t1", "t2", "t3", "t4")
TOPICS = ("a", "a", "a", "b", None)
SEGMENTS = ("small", "large", None, None)


class World:
    """`world.events` = what happened, in no order, heard at once. The same seed makes the same world."""

    def __init__(self, seed: int, span: int = SPAN, stories: int = 14, subjects: int = 2) -> None:
        self.random = Random(seed)
        self.span = span
        self.subjects = [f"c{i}" for i in range(subjects)]
        self.events: list[Told] = []
        tell: list[Any] = [self.ticket] * 4 + [self.survey, self.survey, self.falling]
        tell += [self.subscription, self.visit, self.attributes, self.use, self.money]
        for _ in range(stories):
            told = len(self.events)
            self.random.choice(tell)(self.random.choice(self.subjects), self.time())
            if self.random.random() < 0.05:
                self.events[told:] = [B.backfilled(one) for one in self.events[told:]]

    def time(self) -> int:
        """A whole hour with a little beside it: events meet in one ms, one second, one beat."""
        return self.random.randrange(self.span // HOUR) * HOUR + self.random.choice((0, 0, 1, 999))

    def wait(self, most: int = 96) -> int:
        """Mostly hours, now and then nothing or just beside it."""
        return self.random.choice((0, 1, 2, 24, 72, most)) * HOUR + self.random.choice((0, 0, 0, 1, 999, 1000))

    def own(self, subject: str) -> dict[str, Any]:
        return {"subject": subject, "segment": self.random.choice(SEGMENTS), "stage": self.random.choice((None, "new"))}

    def delayed(self, *, repeats: bool = False) -> list[Told]:
        """The events in an order of arrival: each heard up to 7 d late, some twice."""
        heard = [*self.events, *(self.random.choices(self.events, k=len(self.events) // 4) if repeats else ())]
        self.random.shuffle(heard)
        return [one._replace(log=one.at + self.random.choice(DELAYS)) for one in heard]

    # -- stories -----------------------------------------------------------------------------------------------

    def ticket(self, subject: str, at: int) -> None:
        """A ticket of its own: an opening (now and then unheard), then steps at and after it."""
        choice, id_ = self.random.choice, f"T{len(self.events)}"
        if self.random.random() < 0.95:
            team = choice((None, *TEAMS))
            self.events.append(
                B.opened(id_, at, choice(("chat", "mail")), topic=choice(TOPICS), team=team, **self.own(subject))
            )
        for kind in self.random.choices("RROCCTTTUA", k=self.random.randrange(9)):
            at += self.wait()
            match kind:
                case "R":
                    made = B.resolved(id_, at, subject=subject)
                case "O":
                    made = B.reopened(id_, at, subject=subject)
                case "C":
                    made = B.replied(id_, at, public=choice((True, True, False)), subject=subject)
                case "T":
                    made = B.transferred(id_, at, choice(TEAMS), from_team=choice((None, *TEAMS)), subject=subject)
                case "U":
                    made = B.updated(id_, at, topic=choice(TOPICS), subject=subject)
                case _:
                    made = B.replied(id_, at, choice(("agent", "bot")), subject=subject)
            self.events.append(made)
        if self.random.random() < 0.3:
            self.survey(subject, at, about=id_)

    def survey(self, subject: str, at: int, about: str | None = None) -> None:
        """A survey, answered up to three times, mostly badly."""
        kind, high = self.random.choice((("ces", 7), ("nps", 10), ("csat", 5)))
        id_ = f"S{len(self.events)}"
        if self.random.random() < 0.7:
            self.events.append(B.sent(id_, at, kind, about, **self.own(subject)))
        for _ in range(self.random.randrange(4)):
            at += self.wait()
            score = self.random.choice((1, 2, 3, high - 1, high))
            self.events.append(B.answered(id_, at, score, kind, about, subject=subject))
            if self.random.random() < 0.1:
                said = alert_id("low_score", subject, id_)
                self.events.append(B.reviewed(said, at + self.wait(), "low_score", subject=subject))

    def falling(self, subject: str, at: int) -> None:
        """Surveys of effort that get worse, then perhaps better."""
        for score in (*sorted(self.random.sample(range(1, 6), 3), reverse=True), self.random.choice((1, 7))):
            at += self.wait() + 1
            self.events.append(B.answered(f"F{len(self.events)}", at, score, subject=subject))

    def subscription(self, subject: str, at: int) -> None:
        """A subscription whose renewals are announced, perhaps renewed or cancelled."""
        id_ = f"U{len(self.events)}"
        if self.random.random() < 0.95:
            self.events.append(B.started(id_, at, **self.own(subject)))
        for kind in self.random.choices("DDDRC", k=self.random.randrange(5)):
            at += self.wait()
            match kind:
                case "D":
                    due = at + self.random.choice((0, 5, 29, 60, 89, 100)) * DAY
                    made = B.renewal_due(id_, at, due, subject=subject)
                case "R":
                    made = B.renewed(id_, at, subject=subject)
                case _:
                    made = B.cancelled(id_, at, self.random.choice((None, at + 5 * DAY)), subject=subject)
            self.events.append(made)

    def visit(self, subject: str, at: int) -> None:
        """Views, with or without a session id, some further apart than a session goes."""
        session = self.random.choice((None, None, f"V{len(self.events)}"))
        for _ in range(self.random.randrange(1, 5)):
            page = ({"kind": "product"}, {"kind": "help"}, {"kind": "help", "content": "guide"})[len(self.events) % 3]
            self.events.append(B.viewed(at, session, self.random.random() < 0.2, **page, subject=subject))
            at += self.random.choice((1, HOUR // 2, HOUR // 2 + 1, HOUR))

    def attributes(self, subject: str, at: int) -> None:
        choice = self.random.choice
        given = {"segment": choice(SEGMENTS), "stage": choice((None, "old")), "tier": choice((None, "vip"))}
        self.events.append(B.event("customer.updated", at, given, subject=subject))

    def use(self, subject: str, at: int) -> None:
        """Searches, features and a milestone, day after day."""
        for _ in range(self.random.randrange(1, 6)):
            made = self.random.choice(
                (
                    B.event("help.searched", at, {"results": self.random.randrange(2)}, subject=subject),
                    B.event("feature.used", at, {"feature": self.random.choice("fgh")}, subject=subject),
                    B.event("milestone.reached", at, {"milestone": "value"}, subject=subject),
                )
            )
            self.events.append(made)
            at += self.wait()

    def money(self, subject: str, at: int) -> None:
        """Invoices paid and refunded, and costs."""
        id_, amount = f"I{len(self.events)}", self.random.choice(("10", "0.99", "1000.5"))
        paid = {"invoice": id_, "amount": amount, "currency": "USD"}
        cost = {"kind": self.random.choice(("retention", "support")), "amount": amount, "currency": "USD"}
        self.events.append(B.event("invoice.paid", at, paid, subject=subject))
        if self.random.random() < 0.3:
            self.events.append(B.event("invoice.refunded", at + self.wait(), paid, subject=subject))
        if self.random.random() < 0.3:
            self.events.append(B.event("cost.recorded", at + self.wait(), cost, subject=subject))
