"""Limits of a settings file reach what the core knows, and a row can not be made too large to be written."""

from __future__ import annotations

import msgspec
import pytest

from stream.infra.bounding import Limits
from stream.infra.sections import Sections


def test_limits_reach_the_definitions() -> None:
    made = Sections(limits=Limits(10, 20, 5, 30_000)).definitions()
    assert (made.limit, made.busy, made.busy_records, made.row_bytes) == (10, 20, 5, 30_000)


@pytest.mark.parametrize("size", [9_999, 1_000_001])
def test_a_row_is_neither_tiny_nor_too_large_to_be_written(size: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"row_bytes": size}, Limits)
