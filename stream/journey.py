"""The state of one customer: records made of steps, attributes' timeline, open alerts, trail, what falls due.

In the table a journey is bytes: 8 bytes next due time (big-endian ms, all ones = never), then a msgpack row, arrays
not maps. Families stay undecoded until something asks for them, so an event costs what it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from stream import sessions, subscriptions, surveys, tickets
from stream.days import days_in
from stream.definitions import Definitions
from stream.packed import HEALTH, NEVER, Packed
from stream.plain import BY_FAMILY, FAMILY_OF, extend, thin
from stream.row import Held, Row, Waiting
from stream.sessions import Session
from stream.steps import OPENED, SEEN, TRANSFERRED, UPDATED, Step, insert, order
from stream.subscriptions import Subscription
from stream.surveys import Survey
from stream.tickets import Issue, Ticket

FAMILY = {"t": "tickets", "s": "surveys", "v": "sessions", "u": "subscriptions"} | FAMILY_OF  # by code of the items
CODE = {family: code for code, family in FAMILY.items()}


def issue_item(topic: str | None) -> str:
    """The item of an issue: "i:<topic>", "i" for tickets without one."""
    return "i" if topic is None else f"i:{topic}"


class Journey(Packed):
    """One customer, decoded as far as asked. Families stay Raw in the row until `records` opens them."""

    __slots__ = ("_derived", "closed", "seen", "subject")

    def __init__(self, subject: str, definitions: Definitions, value: bytes | None = None) -> None:
        super().__init__(definitions, value)
        self.subject = subject
        self.seen: dict[str, list[Any]] = {}  # views by item, as far as derived
        self.closed: dict[str, list[str]] = {}  # by family: the records that may go, as far as asked for (stream.room)
        self._derived: dict[str, Any] = {}  # of several records, by name

    def put(self, family: str, record: str, step: Step) -> bool:
        """Add a step; False if it is a repeat."""
        if family == "customer":
            return self._put_attributes(step)
        records = self.opened[family]
        steps = records.get(record)
        if steps is None:
            steps = records[record] = [step]
            self._begin(family, record, steps)
        elif not insert(steps, step):
            return False
        elif steps[-1] is not step or not self._grow(family, record, step):
            self.touch(family, record)
        self._changed[family] = None
        self.closed.pop(family, None)
        if family == "surveys":
            self._link(record, steps)
        elif family == "features":
            thin(steps)  # what it takes out again was a use none the less
        return True

    def _put_attributes(self, step: Step) -> bool:
        added = insert(self.row.attributes, step)
        self.tell()
        for known in (self.seen, self._derived, self.closed):  # views remember cuts
            known.clear()
        return added

    def _link(self, survey: str, steps: list[Step]) -> None:
        """A survey is found by its ticket."""
        if ticket := surveys.ticket_of(steps):
            linked = self.row.links.setdefault(ticket, [])
            if survey not in linked:
                linked.append(survey)

    def _begin(self, family: str, record: str, steps: list[Step]) -> None:
        """A record that was not there before: its view is wanted at once; those of several records take it in."""
        code = CODE[family]
        views = self.seen[f"{code}:{record}"] = self._derive(code, record, steps)
        if family == "tickets" and views:
            self._begin_ticket(views[0])
        elif family == "subscriptions":
            self._derived.pop("account", None)

    def _begin_ticket(self, ticket: Ticket) -> None:
        derived, item = self._derived, issue_item(ticket.topic)
        derived.pop("openings", None)
        if (known := derived.get("tickets")) is not None:
            derived["tickets"] = [*known, ticket]
        if issue := self.seen.get(item):
            self.seen[item] = [issue[0].grown(ticket)]
        if self.row.links:
            self._forget_surveys(ticket.id)

    def _grow(self, family: str, record: str, step: Step) -> bool:
        """Let a derived ticket or session take a newest step, which is quicker than deriving it anew."""
        if family == "sessions":
            if not record:
                return False
            if seen := self.seen.get(f"v:{record}"):
                seen[0].take(step)
            return True
        return family == "tickets" and self._grow_ticket(record, step)

    def _grow_ticket(self, record: str, step: Step) -> bool:
        seen, kind = self.seen.get(f"t:{record}"), step.kind
        if not seen:  # not derived, nor is what rests on it, or not opened: most steps tell nothing of that
            return kind not in (OPENED, UPDATED)
        ticket: Ticket = seen[0]
        contacts, topic = len(ticket.contacts), ticket.topic
        ticket.take(step)
        if len(ticket.contacts) != contacts:
            self.seen.pop(issue_item(topic), None)
        if kind == UPDATED and ticket.topic != topic:
            self.seen.pop(issue_item(topic), None)
            self.seen.pop(issue_item(ticket.topic), None)
        if self.row.links and kind in (TRANSFERRED, UPDATED):
            self._forget_surveys(record)
        return True

    def _forget_surveys(self, ticket: str) -> None:
        """They show their ticket's dimensions."""
        for survey in self.row.links.get(ticket, ()):
            self.seen.pop(f"s:{survey}", None)

    def lately(self, at: int) -> Step | None:
        """The newest day in use, if `at` (ms) is of it, as mostly."""
        steps = self.opened["usage"].get("")
        return steps[-1] if steps and steps[-1].at <= at < steps[-1].data[1] else None

    def use(self, at: int, day: Step | None = None) -> None:
        """Note that the customer caused something at `at`, ms; `day` = the day in use that it is of, if it is known."""
        self._changed["usage"] = None
        if day := day or self.lately(at):  # its view shows the same steps
            day.data = (max(day.data[0], at), day.data[1])
            return
        steps = self.opened["usage"].setdefault("", [])
        newest = steps[-1] if steps else None
        extend(steps, at, days_in(self.definitions.timezone))
        self.closed.pop("usage", None)
        if len(steps) == 1 or steps[-2] is not newest:  # no new day after all others, which a view takes as it is
            self.touch("usage", "")

    def health(self) -> Step | None:
        """The last look at how the customer does."""
        steps = self.records("health").get("")
        return steps[-1] if steps else None

    def see(self, at: int, data: tuple[int | None, ...]) -> None:
        """Note how the customer does from `at` (log clock, ms) on."""
        self.records("health").setdefault("", []).append(Step(at, SEEN, 0, None, None, data))
        self.touch("health", "")

    def unsee(self) -> None:
        """Take back the last look."""
        records = self.records("health")
        records[""].pop()
        if not records[""]:
            del records[""]
            self.row.dues.pop(HEALTH, None)
        self.touch("health", "")

    def touch(self, family: str, record: str) -> None:
        """Forget what was derived from a record."""
        self._changed[family] = None
        self.closed.pop(family, None)
        self.seen.pop(f"{CODE[family]}:{record}", None)
        if family == "tickets":
            for item in [item for item in self.seen if item[0] == "i"]:
                del self.seen[item]
            self._derived.pop("openings", None)
            self._derived.pop("tickets", None)
            self._forget_surveys(record)
        elif family == "subscriptions":
            self._derived.pop("account", None)

    # -- views: derived on demand, shared by all plug-ins ------------------------------------------------------

    def views(self, item: str) -> list[Any]:
        """What the plug-ins of an item ("t:T-1", "i:billing") look at: nothing while a record's head is unknown."""
        found = self.seen.get(item)
        if found is None:
            code, id_ = item[0], item[2:]
            if code == "i":
                found = [self._issue(id_ if len(item) > 1 else None)]
            elif steps := self.opened[FAMILY[code]].get(id_):
                found = self._derive(code, id_, steps)
            else:
                return []
            self.seen[item] = found
        return found

    def _derive(self, code: str, id_: str, steps: list[Step]) -> list[Any]:
        if code == "t":
            return [Ticket(id_, steps)] if tickets.has_head(steps) else []
        if code == "v":
            return [Session(id_, steps)] if id_ else [Session(id_, run) for run in sessions.split(steps)]
        if code == "s":
            return [self._survey(id_, steps)]
        if code == "u":
            return [Subscription(id_, steps)] if subscriptions.has_head(steps) else []
        return [BY_FAMILY[FAMILY[code]](id_, steps)]

    def _view(self, item: str) -> Any:
        found = self.views(item)
        return found[0] if found else None

    def ticket(self, id_: str) -> Ticket | None:
        """The ticket, if its opening is known."""
        found: Ticket | None = self._view(f"t:{id_}")
        return found

    def survey(self, id_: str) -> Survey | None:
        found: Survey | None = self._view(f"s:{id_}")
        return found

    def _survey(self, id_: str, steps: list[Step]) -> Survey:
        found = Survey(id_, steps, self.definitions.surveys)
        if id_ in self.row.kept:
            found.dims = tuple((name, label) for name, label in self.row.kept[id_])
        elif found.ticket and (ticket := self.ticket(found.ticket)):
            found.dims = ticket.dims()
        return found

    def session(self, id_: str) -> list[Session]:
        """The session of an id; without one, each run of views."""
        return self.views(f"v:{id_}")

    def subscription(self, id_: str) -> Subscription | None:
        found: Subscription | None = self._view(f"u:{id_}")
        return found

    def plain(self, family: str, id_: str = "") -> Any:
        """A record of the families of stream/plain.py; None if there is none."""
        return self._view(f"{CODE[family]}:{id_}")

    def derived(self, name: str, make: Callable[[Journey], Any]) -> Any:
        """What `make` derives of several records, once, until one of them changes."""
        if name not in self._derived:
            self._derived[name] = make(self)
        return self._derived[name]

    @property
    def tickets(self) -> list[Ticket]:
        """Those whose opening is known; not to be changed."""
        found: list[Ticket] | None = self._derived.get("tickets")
        if found is None:
            found = self._derived["tickets"] = [t for id_ in self.records("tickets") if (t := self.ticket(id_))]
        return found

    @property
    def surveys(self) -> list[Survey]:
        return [s for id_ in self.records("surveys") if (s := self.survey(id_))]

    def surveys_of(self, kinds: Collection[str]) -> list[Survey]:
        """The surveys of these kinds."""
        found: list[Survey] = []
        for id_, steps in self.opened["surveys"].items():
            if steps[-1].data[0] in kinds:
                item = f"s:{id_}"
                found += self.seen.get(item) or self.views(item)
        return found

    @property
    def subscriptions(self) -> list[Subscription]:
        return [s for id_ in self.records("subscriptions") if (s := self.subscription(id_))]

    def issue(self, topic: str | None) -> Issue:
        """The customer's tickets of a topic (None = of no topic)."""
        found: Issue = self.views(issue_item(topic))[0]
        return found

    def _issue(self, topic: str | None) -> Issue:
        if (known := self._derived.get("tickets")) is not None:
            return Issue(topic, [t for t in known if t.topic == topic])
        named = [  # only those that are of the topic are derived
            id_
            for id_, steps in self.opened["tickets"].items()
            if (known[0].topic if (known := self.seen.get(f"t:{id_}")) else tickets.topic_of(steps)) == topic
        ]
        return Issue(topic, [t for id_ in named if (t := self.ticket(id_))])

    @property
    def openings(self) -> list[int]:
        """When tickets were opened, ascending, ms."""
        found: list[int] = self.derived("openings", lambda who: sorted(t.opened for t in who.tickets))
        return found

    @property
    def topics(self) -> list[str | None]:
        """Topics of the known tickets, each once, in the tickets' order."""
        return list(dict.fromkeys(t.topic for t in self.tickets))


__all__ = ["NEVER", "Held", "Issue", "Journey", "Row", "Session", "Step", "Subscription", "Survey", "Ticket",
           "Waiting", "order"]  # fmt: skip
