"""What the signals find in a journey in hand, brought to its alerts: judged after every event (stream/alerts.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream import alerts, health
from stream.about import about
from stream.account import mrr
from stream.claims import Alert, Finding, Signal
from stream.journey import Held, Journey
from stream.plan import Eyes


class Findings:
    """Of one journey in hand. `told` = changes of alerts, in order, to be published with the append."""

    __slots__ = ("_definitions", "_ids", "_journey", "_opened", "told")

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._definitions = journey.definitions
        self._ids: dict[tuple[str, str], str] = {}  # of alerts, by signal and cause
        self._opened: dict[str, list[str]] | None = None  # signals with an open alert, by item, as far as asked for
        self.told: list[Alert] = []

    def judge(
        self, eyes: Eyes, item: str, views: Sequence[Any], clock: int, ahead: list[int], *, backfill: bool
    ) -> None:
        """Bring the alerts of an item's signals up to the clock; adds the times at which that is next to be done."""
        journey = self._journey
        opened = (self._opened if self._opened is not None else self._know_opened()).get(item, ())
        if opened or len(views) != 1:
            self._judge_all(eyes.signals, item, views, clock, ahead, opened, backfill=backfill)
            return
        one = views[0]
        for given, when, find, signal in eyes.finders:  # as nearly always: nothing stands, and nothing is found
            if given and not getattr(one, given):
                continue
            if when is not None:
                if not alerts.ahead(when(one, journey), clock, signal.linger, ahead):
                    continue
                found = list(find(one, journey))
            elif not (said := find(one, journey)):
                continue
            elif not alerts.ahead(alerts.spans(found := list(said)), clock, signal.linger, ahead):
                continue  # nothing is to be said where all lie ahead, or are over
            self._bring_all(signal, item, _by_cause(found), clock, backfill=backfill)

    def _judge_all(
        self,
        signals: Sequence[Signal],
        item: str,
        views: Sequence[Any],
        clock: int,
        ahead: list[int],
        opened: Sequence[str],
        *,
        backfill: bool,
    ) -> None:
        """The same where alerts are open, by signals that are named in `opened`, or where there is not one view."""
        journey = self._journey
        for signal in signals:
            found = [finding for view in views for finding in signal.find(view, journey)]
            if alerts.ahead(alerts.spans(found), clock, signal.linger, ahead) or signal.name in opened:
                causes = _by_cause(found)
                for one in journey.alerts.values():
                    if one.item == item and one.signal == signal.name and one.status == "open":
                        causes.setdefault(one.cause, [])
                self._bring_all(signal, item, causes, clock, backfill=backfill)

    def _know_opened(self) -> dict[str, list[str]]:
        """The signals that have an open alert, by item."""
        found = self._opened = {}
        for one in self._journey.alerts.values():
            if one.status == "open":
                found.setdefault(one.item, []).append(one.signal)
        return found

    def _bring_all(
        self, signal: Signal, item: str, causes: dict[str, list[Finding]], clock: int, *, backfill: bool
    ) -> None:
        """The alerts of one signal on an item, cause by cause."""
        if not self._journey.row.backfill:
            for cause, findings in causes.items():
                self.bring(signal, item, cause, findings, clock, backfill=backfill)

    def bring(
        self, signal: Signal, item: str, cause: str, findings: list[Finding], clock: int, *, backfill: bool
    ) -> None:
        journey = self._journey
        id_ = self._ids.get((signal.name, cause))
        if id_ is None:
            id_ = self._ids[signal.name, cause] = alerts.alert_id(signal.name, journey.subject, cause)
        held = journey.alerts.get(id_) or Held(signal.name, cause, item)
        row = journey.row
        loud = health.is_loud(held)
        change = alerts.judge(held, findings, clock, signal.linger, row.verdicts.get(id_, 0), backfill=backfill)
        if change is None:
            return
        self._opened = None
        journey.alerts[id_] = held
        if health.is_loud(held) != loud:
            row.healthy = 0
        cut, who, run = about(journey, item, clock), journey.subject, self._definitions.run
        vip = journey.attribute("tier", clock) in self._definitions.vip_tiers
        segment, paid = dict(cut).get("segment"), mrr(journey, clock)
        told = alerts.tell(
            id_, held, change, signal, who, clock,
            trail=journey.trail, vip=vip, mrr=paid, segment=segment, run=run, cut=cut,
        )  # fmt: skip
        self.told.append(told)
        if held.status != "open":
            held.finding = None  # only its counters are needed for the next episode

    def forgot(self) -> None:
        """Records were dropped, and their alerts with them."""
        self._opened = None


def _by_cause(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    causes: dict[str, list[Finding]] = {}
    for finding in found:
        causes.setdefault(finding.cause, []).append(finding)
    return causes
