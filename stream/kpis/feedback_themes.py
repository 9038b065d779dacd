"""Share of answers whose comment has a theme's words, cut by theme. Article 004: what is behind a score.

By the time of the answer that gives the score; the latest comment of a survey counts. A theme holds where one of its
words, or a phrase, stands whole in the comment, whatever its case. Under a cut by theme, `num` are its answers and
`den` all answers; the themes come from the settings: [kpis.feedback_themes.themes] price = ["price", "too dear"].
Corrected by another answer or comment to the same survey.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from stream.claims import Fact, Window
from stream.journey import Journey, Survey
from stream.kpi import OF_TICKETS, RATIO, Plugin

_WORD = re.compile(r"\w+")


def plain(text: str) -> str:
    """Words without case and punctuation, with a space around each."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


needle = cache(plain)  # of the settings' words: they are few


class FeedbackThemes(Plugin):
    name = "feedback_themes"
    ahead = False
    begins = "answered"
    unit = "ratio"
    better = "none"
    of = Survey
    reads = frozenset({"surveys", "tickets"})
    flows = ("num", "den", "theme_num", "theme_den")
    cuts = tuple(sorted((*OF_TICKETS, "theme")))
    themes: dict[str, list[str]] = {}  # noqa: RUF012 - a setting

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        if (at := it.answered) is None:
            return
        cut = who.cut(it, at, it.dims)
        if not self.themes:
            yield Fact(at, RATIO[False], None, cut)
            return
        text = plain(it.comment) if it.comment else ""
        held = {theme: any(needle(word) in text for word in words) for theme, words in self.themes.items()}
        yield Fact(at, RATIO[any(held.values())], cut=cut)
        for theme, holds in held.items():
            parts = (("theme_num", int(holds)), ("theme_den", 1))
            yield Fact(at, parts, cut=tuple(sorted((*cut, ("theme", theme)))))

    def parts(self, p: Window) -> dict[str, int]:
        """The answers with a theme and all; under a theme, those with it."""
        if den := p.sum("den"):
            return {"num": p.sum("num"), "den": den}
        return {"num": p.sum("theme_num"), "den": p.sum("theme_den")}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        return parts["num"] / den if (den := parts["den"]) else None

    def n(self, p: Window) -> int:
        return self.parts(p)["den"]


KPI = FeedbackThemes()
