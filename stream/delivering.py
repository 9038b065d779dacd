"""The delivery fold: journey.alerts -> the newest version of every alert, how loudly it is told, and to whom it was.

Readers of journey.alerts take the largest (episode, version): a sleeper may repeat an older one. What is decided is a
function of the log's records and its time alone; ticks (records under the key CLOCK) change latency, never results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush

import msgspec

from stream.claims import Alert, Severity, Verdict
from stream.definitions import DAY, SECOND, Definitions
from stream.line import Line
from stream.memory import Memory, is_memory
from stream.notices import Head, Held, Mark, Routing, Sent, head_of, merge, newer, span
from stream.policy import Policy
from stream.ranking import Ranked
from stream.record import ALERTS, CLOCK, REVIEW, UNPACED, Append, Heard, Meta, Out, Stop
from stream.routing import Router
from stream.ticks import tick

KEEP = 7 * DAY  # log clock that an alert which is over is remembered
APPEND_BYTES = 700_000
DEFINITIONS_DIFFER = 78

_decode_alert = msgspec.json.Decoder(Alert).decode
_decode_verdict = msgspec.json.Decoder(Verdict).decode
_decode_held = msgspec.msgpack.Decoder(Held).decode
_encode = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode


class DeliveryPartition:
    """The state of one partition of journey.alerts; `rows` is its table, mutated as the fold goes."""

    def __init__(
        self,
        definitions: Definitions,
        revision: str,
        partition: int,
        rows: dict[bytes, bytes],
        meta: Meta | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.definitions = definitions
        self.partition = partition
        self.rows = rows
        self.meta = meta or Meta(run=definitions.run, revision=revision, partitions=1)
        if self.meta.run != definitions.run:
            raise Stop(
                DEFINITIONS_DIFFER, f"the alerts table is of run {self.meta.run}, settings say {definitions.run}"
            )
        self.stride = UNPACED  # records of one append, at most
        self.dropped: dict[str, int] = {}  # what was not taken in or was forgotten, by name
        policy = policy or Policy()
        self.line = Line(policy.weights)
        self._memory = Memory(rows)
        self._router = Router(definitions, policy, self._memory, self)
        self._due: list[tuple[int, str]] = []  # when what is over is forgotten; a heap
        self._puts: dict[bytes, bytes | None] = {}  # rows that the record in hand changed
        self._ticked = 0
        self._restore()
        self._next = self._router.timed.due  # when something falls due; 0 = to be found out

    @property
    def active(self) -> dict[tuple[str, str], int]:
        """Open alerts by (signal, severity)."""
        return self.line.active

    @property
    def pages(self) -> dict[str, int]:
        """What became of pages: `paged`, or the reason why not. Counts, to be drained."""
        return self._router.pages

    @property
    def demoted(self) -> list[str]:
        """The signals that may not page, because people found them useless."""
        return self._router.precision.demoted

    def feed(self, records: Sequence[Heard]) -> Iterator[Append]:
        """Folds records; yields an append when it has grown to about 700 kB or to `stride` records, and at the end."""
        puts: dict[bytes, bytes | None] = {}
        size = 0
        meta = self.meta
        for number, record in enumerate(records, 1):
            meta = msgspec.structs.replace(meta, next=record.offset + 1, clock=max(meta.clock, record.timestamp))
            self._step(record, meta.clock)
            size += sum(len(key) + len(value or b"") for key, value in self._puts.items())
            puts |= self._puts
            self._puts.clear()
            if size >= APPEND_BYTES or number % self.stride == 0:
                yield self._append(puts, meta)
                puts, size, meta = {}, 0, self.meta
        if meta is not self.meta:
            yield self._append(puts, meta)

    def tick(self, now: int, *, caught_up: bool) -> Out | None:
        """The owner's tick, if something is due at wall time `now` (ms); none where log time is the records' own."""
        if (
            not caught_up
            or self.definitions.time == "record"
            or not self._next <= now
            or 0 <= now - self._ticked < SECOND
        ):
            return None
        self._ticked = now
        return msgspec.structs.replace(tick(self.partition, now), topic=ALERTS, timestamp=None)

    def sent(self, marks: Sequence[Sent]) -> Append | None:
        """Takes in what sinks were told; None if that changes nothing. The append has no source record."""
        return self._note(marks, lambda held: held.sent)

    def about(self, marks: Sequence[Sent]) -> Append | None:
        """Takes in what sinks are about to be told, likewise."""
        return self._note(marks, lambda held: held.about)

    def _note(self, marks: Sequence[Sent], of: Callable[[Held], dict[str, Mark]]) -> Append | None:
        puts: dict[bytes, bytes | None] = {}
        for sent in marks:
            held = self.held(sent.id)
            if held is None or not newer(sent.mark, of(held).get(sent.sink)):
                continue
            of(held)[sent.sink] = sent.mark
            puts[sent.id.encode()] = self.rows[sent.id.encode()] = _encode(held)
        return self._append(puts, self.meta) if puts else None

    def held(self, alert: str) -> Held | None:
        """The row of an alert, as now known."""
        row = None if is_memory(alert) else self.rows.get(alert.encode())
        return _decode_held(row) if row is not None else None

    def ids(self) -> list[str]:
        """Every alert that is remembered, open or over, in no special order."""
        return [id for key in self.rows if not is_memory(id := key.decode())]

    def open(self) -> list[str]:
        """Every open alert, in no special order."""
        return self.line.open()

    def queue(self, limit: int = 1_000) -> list[Ranked]:
        """The open alerts in the order in which somebody should look at them, with the reasons."""
        return [self._ranked(place, id) for place, id in enumerate(self.line.first(limit), 1)]

    def _ranked(self, place: int, id: str) -> Ranked:
        held = _decode_held(self.rows[id.encode()])
        as_if, why = self.line.rank(held.head)
        why.append(f"open for {span(max(self.meta.clock - held.head.opened, 0))}")
        return Ranked(place, held.alert, as_if, why, self.line.terms(held.head))

    def _append(self, puts: dict[bytes, bytes | None], meta: Meta) -> Append:
        self.meta = msgspec.structs.replace(meta, seq=meta.seq + 1)
        return Append(list(puts.items()), self.meta, [])

    # -- what is heard -----------------------------------------------------------------------------------------

    def _step(self, record: Heard, clock: int) -> None:
        """What is due by `clock` happens first, then the record."""
        if self._next <= clock:
            self._router.timed.fall_due(clock)
        self._forget(clock)
        if record.key == REVIEW:
            self._review(record.value, clock)
        elif record.key != CLOCK and (alert := self._read(record.value)) is not None:
            self._hear(alert, record.value or b"", clock)
        for key, row in self._memory.flush():
            self._put(key, row)
            self._next = 0
        if not self._next:
            self._next = self._router.timed.due

    def _hear(self, alert: Alert, body: bytes, clock: int) -> None:
        old = self.held(alert.id)
        if (held := merge(old, head_of(alert), body, clock)) is None:
            self._drop("repeated")
            return
        self._router.sweep(clock)
        held.routing = self._router.hear(old, held, clock)
        self._keep(old, held)

    def _review(self, value: bytes | None, clock: int) -> None:
        """A verdict counts for the signal of the alert that it is about."""
        try:
            verdict = _decode_verdict(value or b"")
        except msgspec.MsgspecError:
            self._drop("unreadable")
            return
        if verdict.run != self.definitions.run:
            self._drop("other_run")
        elif (held := self.held(verdict.reviewed)) is None:
            self._drop("verdict_on_unknown")
        else:
            notice = self.held(self._router.precision.notice(held.head.signal))
            known = None if notice is None else notice.alert
            change = self._router.precision.review(held.head.signal, verdict, clock, known)
            if change is not None:
                self.say(change, clock, None)

    def _forget(self, clock: int) -> None:
        while self._due and self._due[0][0] <= clock:
            due, id = heappop(self._due)
            held = self.held(id)
            if held is not None and not held.head.is_open and held.heard + KEEP == due:
                self._put(id.encode(), None)
                self._drop("forgotten")

    # -- the router's desk -------------------------------------------------------------------------------------

    def say(self, alert: Alert, clock: int, routing: Routing | None) -> None:
        """Keep an alert of delivery's own."""
        old = self.held(alert.id)
        if old is not None and alert.change == "opened":  # again at the same instant: the next episode of the same id
            place = {"episode": old.head.episode + 1, "version": old.head.version + 1}
            alert = msgspec.structs.replace(alert, **place)
        held = merge(old, head_of(alert), _json(alert), clock)
        assert held is not None  # versions of our own only grow
        held.routing = routing
        self._keep(old, held)

    def move(self, held: Held, routing: Routing) -> None:
        """Keep another routing of an alert."""
        held.routing = routing
        self._keep(self.held(held.head.id), held)

    def _keep(self, old: Held | None, held: Held) -> None:
        if old is not None:
            self._leave(old.head)
        self._take(held)
        self._put(held.head.id.encode(), _encode(held))

    def _put(self, key: bytes, row: bytes | None) -> None:
        self._puts[key] = row
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row

    def _read(self, value: bytes | None) -> Alert | None:
        """The alert of a record; what is not one, or of another run, is counted and passed over."""
        try:
            alert = _decode_alert(value or b"")
            Severity[alert.severity]
        except (msgspec.MsgspecError, KeyError):
            self._drop("unreadable")
            return None
        if alert.run == self.definitions.run:
            return alert
        self._drop("other_run")
        return None

    def _restore(self) -> None:
        for id in self.ids():
            self._take(_decode_held(self.rows[id.encode()]))

    def _take(self, held: Held) -> None:
        head = held.head
        if not head.is_open:
            heappush(self._due, (held.heard + KEEP, head.id))
            return
        self.line.add(held)
        self._router.piles.add(head, 1)
        self._router.incidents.watch(head, is_open=head.severity == "page" and not head.doubtful)

    def _leave(self, head: Head) -> None:
        """Undoes `_take` before a newer version is taken."""
        if not head.is_open:
            return  # its due time stays in the heap and will no longer fit the row
        self.line.remove(head)
        self._router.piles.add(head, -1)
        self._router.incidents.watch(head, is_open=False)

    def _drop(self, name: str) -> None:
        self.dropped[name] = self.dropped.get(name, 0) + 1
