"""Active customers who used a feature in the last 28 d / active customers: a level, cut by feature. Article 000.

Without a feature: who used any. Under a feature `num` are its users and the denominator is that of the same cut
without it. Corrected by a use heard late, from its own time on; a start or cancel heard late.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import account, within
from stream.claims import Fact, Window
from stream.definitions import DAY
from stream.journey import Journey
from stream.kpi import OfAccounts
from stream.plain import merged


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
        used = {id_: who.plain("features", id_).held(self.lasts) for id_ in sorted(who.records("features"))}
        for span in within(held.spans, merged([span for spans in used.values() for span in spans])):
            yield from held.spread(who, span, (("num", 1),))
        for feature, spans in used.items():
            for span in within(held.spans, spans):
                for fact in held.spread(who, span, (("users", 1),)):
                    yield Fact(fact.at, fact.parts, fact.until, (("feature", feature), *fact.cut))

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
