"""Cuts and labels, row by row."""

from __future__ import annotations

from stream.claims import Cut
from stream.definitions import Definitions
from stream.labels import Labels
from tests.support.differences import Share, cut


def made(labels: Labels, *cuts: Cut) -> list[list[Cut]]:
    return [labels.cuts(Share(), each) for each in cuts]


def test_a_fact_counts_in_all_in_its_dimensions_and_in_named_pairs() -> None:
    labels = Labels("d", Definitions(pairs=(("segment", "channel"), ("segment", "team"))))
    c, s = ("channel", "mail"), ("segment", "big")
    assert made(labels, cut(channel="mail", segment="big", team="t"), cut(segment="big"), cut(team="t")) == [
        [(), (c,), (s,), (c, s)],
        [(), (s,)],
        [()],
    ]


def test_the_first_labels_are_kept_and_kept_after_a_restart() -> None:
    few = Definitions(label_limit=2)
    labels = Labels("d", few)
    assert [labels.label("k", "d", v) for v in "abcab"] == ["a", "b", "other", "a", "b"]
    assert labels.label("k2", "d", "c") == "c"
    rows = list(labels.flush())
    assert len(rows) == 2 and list(labels.flush()) == []
    again = Labels("d", few)
    again.restore("k", "d", ["a", "b"])
    assert [again.label("k", "d", v) for v in "bca"] == ["b", "other", "a"]
    assert again.overflowed == {"k": {"d": 1}}


def test_an_allow_list_stands() -> None:
    labels = Labels("d", Definitions(labels={"segment": ("big",)}, label_limit=0))
    assert [labels.label("k", "segment", v) for v in ("big", "odd")] == ["big", "other"]
    assert list(labels.flush()) == []
