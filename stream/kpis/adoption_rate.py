"""Active customers who used a feature in the last 28 d / active customers: a level, cut by feature. Article 000.

Without a feature: who used any. Under a feature `num` are its users and the denominator is that of the same cut
without it. Corrected by a use heard late, from its own time on; a start or cancel heard late.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import Account, account, within
from stream.claims import Fact, Window
from stream.definitions import DAY
from stream.journey import Journey
from stream.kpi import OfAccounts
from stream.plain import Feature, merged


class AdoptionRate(OfAccounts):
    name = "adoption_rate"
    unit = "ratio"
    better = "higher"
    reads = frozenset({"subscriptions", "features", "customer"})
    levels = ("num", "den", "users")
    cuts = ("feature", "segment", "stage")
    lasts = 28 * DAY

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        held = account(who)
        if not held.spans:
            return
        yield from held.active(who, (("den", 1),))
        used = [who.plain("features", id_) for id_ in sorted(who.records("features"))]
        for span in within(held.spans, merged([span for feature in used for span in feature.held(self.lasts)])):
            yield from held.spread(who, span, (("num", 1),))
        for feature in used:
            yield from self._users(feature, held, who)

    def _users(self, it: Feature, held: Account, who: Journey) -> list[Fact]:
        """Of one feature: remembered on it, since most are as they were when another was used."""
        known: tuple[Account, list[Fact]] | None = it.said.get(self.name)
        if known is not None and known[0] is held:
            return known[1]
        found = [
            Fact(fact.at, fact.parts, fact.until, (("feature", it.id), *fact.cut))
            for span in within(held.spans, it.held(self.lasts))
            for fact in held.spread(who, span, (("users", 1),))
        ]
        it.said[self.name] = held, found
        return found

    def parts(self, p: Window) -> dict[str, int]:
        """Under a feature, alone or with another dimension, the denominator is that of the cut without the feature."""
        if "feature" in dict(p.cut):
            return {"num": p.end("users"), "den": p.without("feature").end("den")}
        return {"num": p.end("num"), "den": p.end("den")}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        return parts["num"] / den if (den := parts["den"]) else None

    def n(self, p: Window) -> int:
        return self.parts(p)["den"]


KPI = AdoptionRate()
