"""The state of one customer: records made of steps, attributes' timeline, open alerts, trail, what falls due.

In the table a journey is bytes: 8 bytes next due time (big-endian ms, all ones = never), then a msgpack row, arrays
not maps. Families stay undecoded until something asks for them, so an event costs what it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from msgspec import Raw

from stream import sessions, subscriptions, surveys, tickets
from stream.claims import Cut
from stream.days import days_in
from stream.definitions import Definitions
from stream.plain import BY_FAMILY, FAMILY_OF, extend, thin
from stream.row import Held, Row, Waiting, decode_records, decode_row, encode_row
from stream.sessions import Session
from stream.steps import SEEN, TRANSFERRED, UPDATED, Step, insert, order
from stream.subscriptions import Subscription
from stream.surveys import Survey
from stream.tickets import Issue, Ticket
from stream.timeline import Timeline

NEVER = (1 << 64) - 1


# What is derived of several records, by the family whose change ends it.
_DERIVED = {"tickets": ("issues", "surveys", "openings"), "subscriptions": ("account",)}


class Journey(Timeline):
    """One customer, decoded as far as asked. Families stay Raw in the row until `records` opens them."""

    __slots__ = ("_changed", "_open", "_views", "subject")

    def __init__(self, subject: str, definitions: Definitions, value: bytes | None = None) -> None:
        self.subject = subject
        self.definitions = definitions
        self.row: Any = Row() if value is None else decode_row(memoryview(value)[8:])
        self._open: dict[str, dict[str, list[Step]]] = {}
        self._changed: dict[str, None] = {}
        self._views: dict[str, Any] = {}

    def encode(self) -> bytes | None:
        """The stored form; None when nothing is left."""
        return None if self.is_empty else self.due.to_bytes(8, "big") + encode_row(self.row)

    def _close(self) -> None:
        """Encode the families that changed into the row."""
        families = self.row.families
        for family in self._changed:
            records = self._open[family]
            known = family in families
            if records:
                families[family] = Raw(encode_row(records))
            elif known:
                del families[family]
            if records and not known:  # sorted: the order of arrival may not show in a row
                self.row.families = families = {name: families[name] for name in sorted(families)}
        self._changed.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left (of a trail alone there is nothing to tell)."""
        self._close()
        row = self.row
        return not (row.families or row.attributes or row.alerts or row.verdicts or row.backfill)

    @property
    def due(self) -> int:
        """When something next happens by itself, log clock ms."""
        return min(self.row.dues.values(), default=NEVER)

    def records(self, family: str) -> dict[str, list[Step]]:
        """Steps by record id. Whoever changes them says so by `touch`."""
        found = self._open.get(family)
        if found is None:
            stored = self.row.families.get(family)
            found = self._open[family] = {} if stored is None else decode_records(stored)
        return found

    def put(self, family: str, record: str, step: Step) -> bool:
        """Add a step; False if it is a repeat."""
        if family == "customer":
            added = insert(self.row.attributes, step)
            self._views.clear()  # they remember cuts
            return added
        steps = self.records(family).setdefault(record, [])
        if not insert(steps, step):
            return False
        self._changed[family] = None
        if steps[-1] is not step or not self._grow(family, record, step):
            self.touch(family, record)
        if family == "features":
            thin(steps)  # what it takes out again was a use none the less
        if family == "surveys" and (ticket := surveys.ticket_of(steps)):
            linked = self.row.links.setdefault(ticket, [])
            if record not in linked:
                linked.append(record)
        return True

    def _grow(self, family: str, record: str, step: Step) -> bool:
        """Let a derived ticket or session take a newest step, which is quicker than deriving it anew."""
        view = self._views.get(family, {}).get(record) if family in ("tickets", "sessions") else None
        if not view or not record:
            return False
        (view[0] if family == "sessions" else view).take(step)
        for derived in _DERIVED.get(family, ()):
            if derived != "surveys" or step.kind in (TRANSFERRED, UPDATED):
                self._views.pop(derived, None)
        return True

    def use(self, at: int) -> None:
        """Note that the customer caused something at `at`, ms."""
        extend(self.records("usage").setdefault("", []), at, days_in(self.definitions.timezone))
        self.touch("usage", "")

    def see(self, at: int, data: tuple[int | None, ...]) -> None:
        """Note how the customer does from `at` (log clock, ms) on; a second look at one instant replaces the first."""
        steps = self.records("health").setdefault("", [])
        if steps and steps[-1].at == at:
            steps.pop()
        steps.append(Step(at, SEEN, 0, None, None, data))
        self.touch("health", "")

    def touch(self, family: str, record: str) -> None:
        """Forget what was derived from a record (surveys show their tickets' dimensions)."""
        self._changed[family] = None
        if family in self._views:
            self._views[family].pop(record, None)
        for derived in _DERIVED.get(family, ()):
            self._views.pop(derived, None)

    # -- views: derived on demand, shared by all plug-ins ------------------------------------------------------

    def views(self, item: str) -> list[Any]:
        """What the plug-ins of an item ("t:T-1", "i:billing") look at: nothing while a record's head is unknown."""
        code = item[0]
        if code == "i":
            return [self.issue(item[2:] if len(item) > 1 else None)]
        if code == "v":
            return self.session(item[2:])
        if code in FAMILY_OF:
            return [] if (plain := self.plain(FAMILY_OF[code], item[2:])) is None else [plain]
        view = {"t": self.ticket, "s": self.survey, "u": self.subscription}[code](item[2:])
        return [] if view is None else [view]

    def _view(self, family: str) -> dict[Any, Any]:
        found = self._views.get(family)
        if found is None:
            found = self._views[family] = {}
        return found

    def ticket(self, id_: str) -> Ticket | None:
        """The ticket, if its opening is known."""
        views = self._view("tickets")
        if id_ not in views:
            steps = self.records("tickets").get(id_)
            views[id_] = Ticket(id_, steps) if steps and tickets.has_head(steps) else None
        found: Ticket | None = views[id_]
        return found

    def survey(self, id_: str) -> Survey | None:
        views = self._view("surveys")
        if id_ not in views:
            steps = self.records("surveys").get(id_)
            views[id_] = Survey(id_, steps, self.definitions.surveys, self._survey_dims(id_, steps)) if steps else None
        found: Survey | None = views[id_]
        return found

    def _survey_dims(self, id_: str, steps: list[Step]) -> Cut:
        if id_ in self.row.kept:
            return tuple((name, label) for name, label in self.row.kept[id_])
        about = surveys.ticket_of(steps)
        ticket = self.ticket(about) if about else None
        return ticket.dims() if ticket else ()

    def session(self, id_: str) -> list[Session]:
        """The session of an id; without one, each run of views."""
        views = self._view("sessions")
        if id_ not in views:
            steps = self.records("sessions").get(id_)
            runs = [] if not steps else [steps] if id_ else sessions.split(steps)
            views[id_] = [Session(id_, run) for run in runs]
        found: list[Session] = views[id_]
        return found

    def subscription(self, id_: str) -> Subscription | None:
        views = self._view("subscriptions")
        if id_ not in views:
            steps = self.records("subscriptions").get(id_)
            views[id_] = Subscription(id_, steps) if steps and subscriptions.has_head(steps) else None
        found: Subscription | None = views[id_]
        return found

    def plain(self, family: str, id_: str = "") -> Any:
        """A record of the families of stream/plain.py; None if there is none."""
        views = self._view(family)
        if id_ not in views:
            steps = self.records(family).get(id_)
            views[id_] = BY_FAMILY[family](id_, steps) if steps else None
        return views[id_]

    def derived(self, name: str, make: Callable[[Journey], Any]) -> Any:
        """What `make` derives of several records, once, until one of the families changes that _DERIVED names."""
        if name not in self._views:
            self._views[name] = make(self)
        return self._views[name]

    @property
    def tickets(self) -> list[Ticket]:
        return [t for id_ in self.records("tickets") if (t := self.ticket(id_))]

    @property
    def surveys(self) -> list[Survey]:
        return [s for id_ in self.records("surveys") if (s := self.survey(id_))]

    def surveys_of(self, kinds: Collection[str]) -> list[Survey]:
        """The surveys of these kinds."""
        named = [id_ for id_, steps in self.records("surveys").items() if steps[-1].data[0] in kinds]
        return [s for id_ in named if (s := self.survey(id_))]

    @property
    def subscriptions(self) -> list[Subscription]:
        return [s for id_ in self.records("subscriptions") if (s := self.subscription(id_))]

    def issue(self, topic: str | None) -> Issue:
        """The customer's tickets of a topic (None = of no topic)."""
        views = self._view("issues")
        found: Issue | None = views.get(topic)
        if found is None:
            named = [id_ for id_, steps in self.records("tickets").items() if tickets.topic_of(steps) == topic]
            found = views[topic] = Issue(topic, [t for id_ in named if (t := self.ticket(id_))])
        return found

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
