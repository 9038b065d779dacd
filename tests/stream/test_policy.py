"""The settings of delivery: read from a file, and the faults that are found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.definitions import DAY, HOUR
from stream.faults import Faults
from stream.infra.settings import load
from stream.policy import Maintenance, Policy

FILE = """
[delivery]
budget = 3
quiet = "customers"
group_window = "2h"
[delivery.weights]
vip = "5d"
[delivery.teams.night]
quiet = "all"
[delivery.teams."tier 2"]
budget = 0
[delivery.maintenance.move]
start = "2026-11-28T22:00:00+01:00"
end = "2026-11-29T02:00:00Z"
teams = ["night"]
"""


def policy(tmp_path: Path, text: str) -> Policy:
    (file := tmp_path / "my.toml").write_text(text)
    return load(file, {}).sections.delivery


def test_a_file_is_read(tmp_path: Path) -> None:
    found = policy(tmp_path, FILE)
    assert (found.budget, found.group_window, found.weights.vip, found.weights.signal) == (3, 2 * HOUR, 5 * DAY, DAY)
    assert [found.budget_of(team) for team in ("night", "tier 2", "other")] == [3, 0, 3]
    assert [found.quiet_of(team) for team in ("night", "tier 2", "other")] == ["all", "customers", "customers"]
    start, end = found.maintenance["move"].span
    assert end - start == 5 * HOUR
    assert [found.repaired_until("night", "any", at) for at in (start - 1, start, end)] == [0, end, 0]
    assert found.repaired_until("other", "any", start) == 0


def test_maintenances_that_overlap_end_with_the_last() -> None:
    span = [("1970-01-01T00:00:00Z", f"1970-01-01T0{hour}:00:00Z") for hour in (3, 1)]
    found = Policy(maintenance={str(i): Maintenance(*one) for i, one in enumerate(span)})
    assert found.repaired_until("any", "any", 0) == 3 * HOUR


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("[delivery]\nbudget = -1", "delivery.budget = -1"),
        ('[delivery]\nquiet = "some"', "delivery.quiet"),
        ("[delivery]\nprecision = 2.0", "delivery.precision"),
        ('[delivery.maintenance.a]\nstart = "2026-11-28"\nend = "2026-11-29T00:00Z"', "has no offset"),
        ('[delivery.maintenance.a]\nstart = "noon"\nend = "2026-11-29T00:00Z"', "'noon' is no time"),
        ('[delivery.maintenance.a]\nstart = "2026-11-29T00:00Z"\nend = "2026-11-28T00:00Z"', "must be before"),
        ("[delivery.weights]\nvipp = 1", 'did you mean "vip"?'),
    ],
)
def test_faults_name_the_key_and_the_mend(tmp_path: Path, text: str, mend: str) -> None:
    with pytest.raises(Faults) as faults:
        policy(tmp_path, text)
    assert mend in str(faults.value)


def test_it_is_no_part_of_the_definitions(tmp_path: Path) -> None:
    """So it may change from start to start."""
    (file := tmp_path / "my.toml").write_text(FILE)
    assert load(file, {}).definitions == load(None, {}).definitions
