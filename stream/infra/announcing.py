"""What a sink is about to be told for the first time: written down before it is told.

A worker that dies, or loses its partition, between telling a sink and writing down that it told leaves a sink that
holds an alert open, and a successor that does not know. Were the alert over by then, nobody would ever close it there.
So its row says beforehand who may come to hold it open.
"""

from __future__ import annotations

from itertools import islice

from stream.delivering import DeliveryPartition
from stream.notices import Mark, Notice, Sent
from stream.record import Append

AT_ONCE = 100  # an append; each rewrites the row of its alert


class Announcements:
    """Of all sinks, for as long as the partition is ours."""

    def __init__(self, fold: DeliveryPartition) -> None:
        self._fold = fold
        self._asked: dict[tuple[str, str], Mark] = {}  # (alert, sink)
        self._writing: dict[tuple[str, str], None] = {}
        self._append: Append | None = None

    @property
    def waiting(self) -> int:
        """How many are still to be written."""
        return len(self._asked) + len(self._writing)

    def made(self, sink: str, notice: Notice) -> bool:
        """Whether the sink may be told: it holds the alert already, or it is written that it may come to.

        If not, that will be written, and the alert's row is heard of again when it is.
        """
        place = (notice.alert.id, sink)
        if notice.kind != "open":
            return True
        if place in self._asked or place in self._writing:
            return False
        held = self._fold.held(notice.alert.id)
        about = held.about.get(sink) if held is not None else None
        if about is not None and about.episode == notice.alert.episode:
            return True
        self._asked[place] = notice.mark()
        return False

    def append(self) -> Append | None:
        """The next ones, for the changelog; None = nothing. Not called again before that append was `heard`."""
        while self._asked and self._append is None:
            some = list(islice(self._asked, AT_ONCE))
            marks = [Sent(id, sink, self._asked.pop((id, sink))) for id, sink in some]
            if (append := self._fold.about(marks)) is not None:  # else they were forgotten meanwhile
                self._append, self._writing = append, dict.fromkeys(some)
                return append
        return None

    def heard(self, append: Append) -> None:
        """An append was written; those that it announced may be told."""
        if append is self._append:
            self._append = None
            self._writing.clear()
