"""The delivery fold: journey.alerts -> the newest version of every alert, and what each sink was told of it.

Readers of journey.alerts take the largest (episode, version): a sleeper may repeat an older one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush, nsmallest

import msgspec

from stream.claims import Alert, Severity
from stream.definitions import DAY, Definitions
from stream.notices import Head, Held, Mark, Sent, head_of, merge, span
from stream.ranking import Ranked, Weights, rank, reasons
from stream.record import Append, Heard, Meta, Stop

KEEP = 7 * DAY  # log clock that an alert which is over is remembered
APPEND_BYTES = 700_000
DEFINITIONS_DIFFER = 78

_decode_alert = msgspec.json.Decoder(Alert).decode
_decode_held = msgspec.msgpack.Decoder(Held).decode
_encode = msgspec.msgpack.Encoder().encode


class DeliveryPartition:
    """The state of one partition of journey.alerts; `rows` is its table, mutated as the fold goes."""

    def __init__(
        self,
        definitions: Definitions,
        revision: str,
        partition: int,
        rows: dict[bytes, bytes],
        meta: Meta | None = None,
        weights: Weights | None = None,
    ) -> None:
        self.definitions = definitions
        self.partition = partition
        self.rows = rows
        self.meta = meta or Meta(run=definitions.run, revision=revision, partitions=1)
        if self.meta.run != definitions.run:
            raise Stop(
                DEFINITIONS_DIFFER, f"the alerts table is of run {self.meta.run}, settings say {definitions.run}"
            )
        self.dropped: dict[str, int] = {}  # what was not taken in or was forgotten, by name
        self.active: dict[tuple[str, str], int] = {}  # open alerts by (signal, severity)
        self._weights = weights or Weights()
        self._open: dict[str, Head] = {}
        self._subjects: dict[str, dict[str, str]] = {}  # subject -> open alert -> its signal
        self._due: list[tuple[int, str]] = []  # when what is over is forgotten; a heap
        self._restore()

    def feed(self, records: Sequence[Heard]) -> Iterator[Append]:
        """Folds records; yields an append when it has grown to about 700 kB, and at the end."""
        puts: dict[bytes, bytes | None] = {}
        size = 0
        meta = self.meta
        for record in records:
            meta = msgspec.structs.replace(meta, next=record.offset + 1, clock=max(meta.clock, record.timestamp))
            for key, value in self._step(record.value, meta.clock):
                puts[key] = value
                size += len(key) + len(value or b"")
            if size >= APPEND_BYTES:
                yield self._append(puts, meta)
                puts, size, meta = {}, 0, self.meta
        if meta is not self.meta:
            yield self._append(puts, meta)

    def sent(self, marks: Sequence[Sent]) -> Append | None:
        """Takes in what sinks were told; None if that changes nothing. The append has no source record."""
        puts: dict[bytes, bytes | None] = {}
        for sent in marks:
            held = self.held(sent.id)
            if held is None or not _newer(sent.mark, held.sent.get(sent.sink)):
                continue
            held.sent[sent.sink] = sent.mark
            puts[sent.id.encode()] = self.rows[sent.id.encode()] = _encode(held)
        return self._append(puts, self.meta) if puts else None

    def held(self, alert: str) -> Held | None:
        """The row of an alert, as now known."""
        row = self.rows.get(alert.encode())
        return _decode_held(row) if row is not None else None

    def ids(self) -> list[str]:
        """Every alert that is remembered, open or over, in no special order."""
        return [key.decode() for key in self.rows]

    def open(self) -> list[str]:
        """Every open alert, in no special order."""
        return list(self._open)

    def beside(self, subject: str) -> list[str]:
        """The open alerts of a subject: those whose rank changes when one of them does."""
        return list(self._subjects.get(subject, ()))

    def rank(self, head: Head) -> tuple[int, list[str]]:
        """The virtual opening time (ms) that orders the queue, and the reasons; see `stream.ranking`."""
        signals = self._signals(head.subject)
        return rank(head, signals, self._weights), reasons(head, signals, self._weights)

    def queue(self, limit: int = 1_000) -> list[Ranked]:
        """The open alerts in the order in which somebody should look at them, with the reasons."""
        signals = {subject: self._signals(subject) for subject in self._subjects}
        ranks = ((rank(head, signals[head.subject], self._weights), id) for id, head in self._open.items())
        return [self._ranked(place, id) for place, (_, id) in enumerate(nsmallest(limit, ranks), 1)]

    def _ranked(self, place: int, id: str) -> Ranked:
        alert = _decode_held(self.rows[id.encode()]).alert
        as_if, why = self.rank(self._open[id])
        return Ranked(place, alert, as_if, [*why, f"open for {span(max(self.meta.clock - alert.opened, 0))}"])

    def _signals(self, subject: str) -> int:
        """Distinct signals open on a subject."""
        return len(set(self._subjects.get(subject, {}).values()))

    def _append(self, puts: dict[bytes, bytes | None], meta: Meta) -> Append:
        self.meta = msgspec.structs.replace(meta, seq=meta.seq + 1)
        return Append(list(puts.items()), self.meta, [])

    def _step(self, value: bytes | None, clock: int) -> Iterator[tuple[bytes, bytes | None]]:
        """What is due by `clock` happens first, then the record."""
        while self._due and self._due[0][0] <= clock:
            due, id = heappop(self._due)
            held = self.held(id)
            if held is not None and not held.head.is_open and held.heard + KEEP == due:
                del self.rows[id.encode()]
                self._drop("forgotten")
                yield id.encode(), None
        if (head := self._read(value)) is None:
            return
        old = self.held(head.id)
        if (held := merge(old, head, value or b"", clock)) is None:
            self._drop("repeated")
            return
        if old is not None:
            self._leave(old.head)
        self._take(held)
        self.rows[head.id.encode()] = row = _encode(held)
        yield head.id.encode(), row

    def _read(self, value: bytes | None) -> Head | None:
        """The alert of a record; what is not one, or of another run, is counted and passed over."""
        try:
            alert = _decode_alert(value or b"")
            Severity[alert.severity]
        except (msgspec.MsgspecError, KeyError):
            self._drop("unreadable")
            return None
        if alert.run == self.definitions.run:
            return head_of(alert)
        self._drop("other_run")
        return None

    def _restore(self) -> None:
        for row in self.rows.values():
            self._take(_decode_held(row))

    def _take(self, held: Held) -> None:
        head = held.head
        if not head.is_open:
            heappush(self._due, (held.heard + KEEP, head.id))
            return
        self._open[head.id] = head
        self._subjects.setdefault(head.subject, {})[head.id] = head.signal
        label = (head.signal, head.severity)
        self.active[label] = self.active.get(label, 0) + 1

    def _leave(self, head: Head) -> None:
        """Undoes `_take` before a newer version is taken."""
        if not head.is_open:
            return  # its due time stays in the heap and will no longer fit the row
        del self._open[head.id]
        del self._subjects[head.subject][head.id]
        if not self._subjects[head.subject]:
            del self._subjects[head.subject]
        self.active[head.signal, head.severity] -= 1

    def _drop(self, name: str) -> None:
        self.dropped[name] = self.dropped.get(name, 0) + 1


def _newer(mark: Mark, than: Mark | None) -> bool:
    return than is None or (mark.episode, mark.version) > (than.episode, than.version)
