"""What a sink is told about an alert, and how loudly: a pure function of the alert, of what it was told, and of now."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct, field

from stream.claims import Alert, Severity
from stream.definitions import DAY, HOUR, MINUTE, SECOND

Kind = Literal["open", "update", "resolve"]
_decode = msgspec.json.Decoder(Alert).decode


class Mark(Struct, frozen=True, array_like=True):
    """The last that one sink was told of one alert. `severity` = under which it holds the alert open; 0 = not open."""

    episode: int
    version: int
    severity: int


class Sent(Struct, frozen=True, array_like=True):
    """A mark on its way into the state."""

    id: str
    sink: str
    mark: Mark


class Head(Struct, frozen=True, gc=False, array_like=True):
    """What delivery itself looks at of an alert; fields as in `Alert`."""

    id: str
    signal: str
    subject: str
    episode: int
    version: int
    severity: str
    status: str
    opened: int
    changed: int
    vip: bool
    backfill: bool
    cut: dict[str, str] = {}
    mrr: int = 0
    doubtful: bool = False
    rank: int = 0

    @property
    def is_open(self) -> bool:
        return self.status == "open"


class Routing(Struct, frozen=True, array_like=True):
    """How loudly an alert is told, where that was decided; `reason` is one of a closed set, `why` is for people.

    `group` = the alert under which it was gathered.
    """

    severity: int
    reason: str = ""
    why: str = ""
    group: str = ""


class Held(Struct, array_like=True):
    """One row of the delivery table: the newest version of an alert and what each sink was told of it.

    `body` = the alert's JSON as heard, `raised` = log time at which this episode rose to its present severity, or was
    no longer doubtful, `heard` = log clock when this version was heard; both in ms. `routing` = what was decided;
    None = as it is.
    `about` = what sinks were about to be told when it was written: they may hold it open, whatever `sent` says.
    """

    head: Head
    body: bytes
    raised: int
    heard: int
    sent: dict[str, Mark] = field(default_factory=dict)
    routing: Routing | None = None
    about: dict[str, Mark] = field(default_factory=dict)

    @property
    def alert(self) -> Alert:
        return _decode(self.body)

    def paged(self) -> bool:
        """Was this episode already told to some sink as a page?"""
        marks = self.sent.values()
        return any(mark.episode == self.head.episode and mark.severity == Severity.page for mark in marks)


class Notice(Struct, frozen=True):
    """One thing to tell a sink. `held_as` = the severity under which the sink has it open; None = it has not.

    `why` says what routing changed ("" = nothing). `key` is the idempotency key.
    """

    alert: Alert
    kind: Kind
    severity: Severity
    held_as: Severity | None = None
    why: str = ""

    @property
    def key(self) -> str:
        return f"{self.alert.id}/{self.alert.episode}/{self.alert.version}"

    def mark(self) -> Mark:
        """What is remembered once the sink has taken it."""
        open_as = 0 if self.kind == "resolve" else int(self.severity)
        return Mark(self.alert.episode, self.alert.version, open_as)


def is_watch(head: Head) -> bool:
    """Whether it is about many: the subject of a watch's alert is its cut, written out (`stream.judging.subject`)."""
    return head.subject == (" ".join(f"{dim}:{label}" for dim, label in head.cut.items()) or "all")


def is_sure(old: Head, new: Head) -> bool:
    """Whether a newer version of an alert is no longer doubtful."""
    return old.doubtful and not new.doubtful


def head_of(alert: Alert) -> Head:
    return Head(*(getattr(alert, name) for name in Head.__struct_fields__))


def merge(old: Held | None, head: Head, body: bytes, clock: int) -> Held | None:
    """The row after hearing an alert at log clock `clock`; None if it is no newer than `old`."""
    if old is None:
        return Held(head, body, head.opened, clock)
    if (head.episode, head.version) <= (old.head.episode, old.head.version):
        return None
    if head.episode > old.head.episode:
        return Held(head, body, head.opened, clock, old.sent, about=old.about)
    rose = Severity[head.severity] > Severity[old.head.severity] or is_sure(old.head, head)
    return Held(head, body, head.changed if rose else old.raised, clock, old.sent, about=old.about)


def route(held: Held, now: int, old_news: int, paged: bool = False) -> tuple[Severity, str]:
    """The severity under which an open alert is told at wall clock `now` (ms), and why where that is not its own.

    Only news pages: what rose to a page less than `old_news` ms ago, and was not judged at the end of a backfill.
    `paged`: this episode is a page already, and stays one however old it grows.
    """
    decided = held.routing or Routing(Severity[held.head.severity])
    severity = Severity(decided.severity)
    if severity is not Severity.page or paged or held.paged():
        return severity, decided.why
    if held.head.backfill:
        return Severity.queue, "queued, not paged: found in a backfill"
    age = now - held.raised
    if age >= old_news:
        return Severity.queue, f"queued, not paged: {span(age)} old, pages are for the first {span(old_news)}"
    return severity, decided.why


def notice(
    held: Held, mark: Mark | None, routed: tuple[Severity, str], least: Severity, about: Mark | None = None
) -> Notice | None:
    """What a sink that takes `least` and louder is still to be told, given its last mark; None = nothing.

    A version overtaken before it was told is left out, and so is an alert that came and went untold. One that it may
    have been told of (`about`) is ended there all the same.
    """
    head, (severity, why) = held.head, routed
    if mark is not None and (mark.episode, mark.version) >= (head.episode, head.version):
        return None
    held_as = Severity(mark.severity) if mark is not None and mark.severity else None
    if head.is_open and severity >= least:
        again = mark is not None and held_as is not None and mark.episode == head.episode
        return Notice(held.alert, "update" if again else "open", severity, held_as, why)
    if held_as is None and about is not None and newer(about, mark):
        held_as = Severity(about.severity)
    return Notice(held.alert, "resolve", held_as, held_as, why) if held_as is not None else None


def newer(mark: Mark, than: Mark | None) -> bool:
    """Whether it is of a later version of its alert."""
    return than is None or (mark.episode, mark.version) > (than.episode, than.version)


def span(ms: int) -> str:
    """A duration in words, its two largest units: "2 d 3 h", "15 min"."""
    units = (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND))
    first = next((i for i, (_, size) in enumerate(units) if ms >= size), len(units) - 1)
    words: list[str] = []
    for name, size in units[first : first + 2]:
        if (count := ms // size) or not words:
            words.append(f"{count} {name}")
        ms %= size
    return " ".join(words)
