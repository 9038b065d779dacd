"""docs/articles.md names what there is, and every KPI that was drawn from an article."""

from __future__ import annotations

import re

from stream.infra.plugins import discover
from tests.support.tools import ROOT

PAGE = (ROOT / "docs/articles.md").read_text("utf-8")
NAMED = {*re.findall(r"`([a-z][a-z0-9_]*)`", PAGE)}
WORDS = {  # parts and dimensions
    *("contraction", "churn", "detractors", "expansion", "green", "n", "new", "ping_pong", "promoters", "reactivation"),
    *("red", "started", "two", "yellow"),
    *("channel", "content", "feature", "kind", "segment", "stage", "team", "tier", "topic"),
}


def test_what_it_names_is_there() -> None:
    there = {*discover("stream.kpis", "KPI"), *discover("stream.signals", "SIGNAL", "WATCH")}
    assert NAMED - there <= WORDS


def test_every_kpi_of_an_article_is_on_it() -> None:
    said = {name for name in discover("stream.kpis", "KPI")
            if re.search(r"Articles? 00", (ROOT / f"stream/kpis/{name}.py").read_text("utf-8"))}  # fmt: skip
    assert said - NAMED == set()
