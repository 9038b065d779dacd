"""Signed links: good for one alert, until their time; nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import DAY
from stream.infra.links import Links
from tests.support.alerts import alert

LINKS = Links("https://cx.example.org/", "0123456789abcdef", 30 * DAY)
UNTIL = 1_000 + 30 * 86_400


def parts(link: str) -> tuple[str, str, str]:
    scheme, _, host, verdict, id, until, signature = link.split("/")
    assert (scheme, host, verdict) == ("https:", "cx.example.org", "verdict")
    return id, until, signature


def test_a_link_is_genuine_until_its_time() -> None:
    id, until, signature = parts(LINKS(alert()))
    assert (id, until) == ("a1", str(UNTIL))
    assert LINKS.is_genuine(id, until, signature, UNTIL - 1)
    assert not LINKS.is_genuine(id, until, signature, UNTIL)
    assert LINKS(alert()) == LINKS(alert()), "a message that is sent again is the same"


@pytest.mark.parametrize("changed", [("b", str(UNTIL)), ("a1", str(UNTIL + 1)), ("a1", f"0{UNTIL}"), ("a1", "")])
def test_nothing_of_it_can_be_changed(changed: tuple[str, str]) -> None:
    _, _, signature = parts(LINKS(alert()))
    assert not LINKS.is_genuine(*changed, signature, 0)


def test_another_key_makes_another_link() -> None:
    id, until, signature = parts(Links("https://cx.example.org", "another key of ours", 30 * DAY)(alert()))
    assert not LINKS.is_genuine(id, until, signature, 0)


def test_an_incident_is_not_judged_its_alerts_are() -> None:
    assert LINKS(alert(signal="incident")) == ""


@given(st.text(), st.text(), st.text())
def test_it_is_total(id: str, until: str, signature: str) -> None:
    assert not LINKS.is_genuine(id, until, signature, 0)
