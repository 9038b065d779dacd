"""R1 on a real Kafka, small: every contender opens the alerts of the job, and one that does not is found out."""

from __future__ import annotations

import pytest

from bench.r1 import job
from bench.r1.__main__ import CONTENDERS, arguments, check, run, table


async def test_every_contender_opens_the_same_alerts(tmp_path, kafka_cluster) -> None:
    names = [name for name in CONTENDERS if name != "stock_faust"]  # it starts for long
    args = arguments(["--events", "4000", "--customers", "80", "--rounds", "1", "--only", ",".join(names)])
    results = await run(args, tmp_path)
    assert list(results) == names
    assert all(result.rate > 0 < result.cpu for (result,) in results.values())
    lines = list(table(results))
    assert len(lines) == 2 + len(names)
    assert lines[2].startswith("| floor |")


def test_other_alerts_are_found_out() -> None:
    one, two = (job.REPEAT, "a", 1), (job.FALL, "a", 1)
    check("x", {one, two}, {two, one})
    with pytest.raises(SystemExit, match="x opened other alerts: 1 missing, 0 more"):
        check("x", {one, two}, {one})
    with pytest.raises(SystemExit, match="0 missing, 1 more"):
        check("x", {one}, {one, two})
