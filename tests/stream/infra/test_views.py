"""What is to stand in Redis: changes, added up, are always everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import DAY, Definitions
from stream.delivering import DeliveryPartition
from stream.infra.redis_side import Row
from stream.infra.views import AlertsView, ReadingsView, field
from tests.support.alerts import alert, heard
from tests.support.readings import reading


def added_up(rows: Iterable[Row], onto: dict[tuple[str, str], Any] | None = None) -> dict[tuple[str, str], Any]:
    table = {} if onto is None else onto
    for row in rows:
        if row.value is None:
            table.pop((row.key, row.name), None)
        else:
            table[row.key, row.name] = row.value
    return table


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.booleans(), st.booleans()), max_size=20))
def test_changes_of_alerts_add_up_to_everything(script: list[tuple[str, str, bool, bool]]) -> None:
    """Also those of rank that an alert brings to its neighbours."""
    fold = DeliveryPartition(Definitions(), "r", 0, {})
    view = AlertsView(fold, "b")
    table: dict[tuple[str, str], Any] = {}
    for version, (id, signal, is_open, look) in enumerate(script, 1):
        status = "open" if is_open else "resolved"
        one = alert(id, version, version, status, signal=signal, subject="customer-1" if id < "c" else "customer-2")
        for append in fold.feed(heard([one], offset=version)):
            view.heard(append)
        if look:
            added_up(view.changes(), table)
            assert table == added_up(view.everything())
    added_up(view.changes(), table)
    assert table == added_up(view.everything())
    assert view.changes() == []


def test_an_alert_stands_with_its_reasons_and_the_queue_in_order() -> None:
    fold = DeliveryPartition(Definitions(), "r", 0, {})
    view = AlertsView(fold, "j:1")
    for append in fold.feed(heard([alert("a"), alert("b", vip=True, subject="customer-2")])):
        view.heard(append)
    table = added_up(view.changes())
    shown = msgspec.json.decode(table["j:1:alerts", "b"])
    assert (shown["id"], shown["text"], shown["why"]) == (
        "b",
        "3 contacts about billing within 7 d",
        ["queue", "VIP: counts as 2 d longer"],
    )
    assert table["j:1:queue", "b"] == shown["as_if"] == 1_000_000 - 2 * DAY
    assert table["j:1:queue", "b"] < table["j:1:queue", "a"]
    assert msgspec.json.decode(table["j:1:journeys", "customer-2"])["alerts"] == ["b"]
    assert view.about() == {"clock": 1_000_000, "next": 2}


def test_what_is_over_can_still_be_judged_until_it_is_forgotten() -> None:
    fold = DeliveryPartition(Definitions(), "r", 0, {})
    view = AlertsView(fold, "b")
    versions = [
        alert(),
        alert(version=2, status="resolved", text="newest"),
        alert("i", signal="incident"),
        alert("b", changed=1_000_000 + 8 * DAY),
    ]
    table: dict[tuple[str, str], Any] = {}
    for n, one in enumerate(versions):
        for append in fold.feed(heard([one], offset=n)):
            view.heard(append)
        added_up(view.changes(), table)
        assert table == added_up(view.everything())
        if n == 1:
            assert ("b:alerts", "a1") not in table
            assert msgspec.json.decode(table["b:reviewable", "a1"]) == {
                "id": "a1",
                "signal": "repeat_contact",
                "subject": "customer-1",
                "text": "newest",
                "status": "resolved",
            }
    assert [name for key, name in table if key == "b:reviewable"] == ["b"]


@given(st.lists(st.lists(st.tuples(st.sampled_from(["24h", "7d"]), st.integers(0, 2)), max_size=4), max_size=5))
def test_changes_of_readings_add_up_to_everything(script: list[list[tuple[str, int]]]) -> None:
    view = ReadingsView(0, ["fcr", "ces"], "b")
    table: dict[tuple[str, str], Any] = {}
    for readings in script:
        view.replace("fcr", [reading(window=window, n=n) for window, n in readings])
        added_up(view.changes(), table)
        assert table == added_up(view.everything())


def test_what_is_the_same_is_not_written_again() -> None:
    view = ReadingsView(2, ["fcr"], "b")
    view.replace("fcr", [reading(), reading(window="7d")])
    assert len(view.changes()) == 2
    view.replace("fcr", [reading(), reading(window="7d", n=9)])
    assert [row.name for row in view.changes()] == ["7d|"]
    assert view.name == "readings/2"
    assert view.keys == ("b:readings:fcr",)


def test_fields_name_window_and_cut() -> None:
    assert field(reading()) == "24h|"
    assert field(reading(cut={"team": "a", "segment": "smb"})) == "24h|segment=smb,team=a"
