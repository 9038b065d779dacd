"""Pseudonyms: stable, keyed, and only for persons."""

from __future__ import annotations

from stream.infra.pseudonym import is_person, pseudonym
from tests.support.alerts import alert


def test_the_same_customer_has_the_same_pseudonym_under_a_key() -> None:
    first, second = pseudonym("customer-1", "k"), pseudonym("customer-1", "other")
    assert first == pseudonym("customer-1", "k")
    assert len({first, second, pseudonym("customer-1"), pseudonym("customer-2", "k")}) == 4
    assert all(len(name) == 16 and "customer" not in name for name in (first, second))


def test_hmac_is_the_known_one() -> None:
    """RFC 4231, test case 2."""
    assert pseudonym("what do ya want for nothing?", "Jefe") == "5bdcc146bf60754e"


def test_what_is_no_person_keeps_its_name() -> None:
    for subject in ("all", "segment:smb", "company:acme"):
        assert pseudonym(subject, "k") == subject


def test_who_is_a_person() -> None:
    """The cut of a customer's alert says where it is, that of a watch's what it is about."""
    assert is_person(alert(cut={"topic": "billing"}))
    assert not is_person(alert(subject="all"))
    assert not is_person(alert(subject="topic:billing", cut={"topic": "billing"}))
    assert not is_person(alert(subject="topic:billing team:a b", cut={"topic": "billing", "team": "a b"}))
    assert is_person(alert(subject="topic:billing", cut={}))
