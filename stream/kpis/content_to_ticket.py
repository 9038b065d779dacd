"""Views of a content after which the same customer opened a ticket within 24 h. Article 004: help that does not help.

By view, cut by content. A ticket opened at the view's own instant is no answer to it. Corrected by a ticket heard
late, or one whose opening turns out to be earlier: for the views before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import ClassVar

from stream.claims import Fact
from stream.definitions import DAY
from stream.journey import Journey, Session
from stream.kpi import RATIO, Ratio


class ContentToTicket(Ratio):
    name = "content_to_ticket"
    ahead = False
    begins = "told"
    better = "lower"
    of = Session
    reads = frozenset({"sessions", "tickets"})
    on = frozenset({"page.viewed", "ticket.opened"})
    cuts = ("content", "segment", "stage")
    matures = DAY  # also the time within which a ticket counts
    longest: ClassVar = {"matures": DAY}  # a view is looked at again for a ticket of its 24 h

    def facts(self, it: Session, who: Journey) -> Iterable[Fact]:
        found: list[Fact] = []
        for step in it.steps:
            if len(step.data) > 2 and (content := step.data[2]) is not None:
                openings = who.openings
                i = bisect_right(openings, step.at)
                led = i < len(openings) and openings[i] <= step.at + self.matures
                found.append(Fact(step.at, RATIO[led], cut=who.cut(it, step.at, (("content", content),))))
        return found


KPI = ContentToTicket()
