"""A lot of plug-ins is what its name says; and a worker's CPU is read where the kernel keeps it."""

from __future__ import annotations

import os
import subprocess
import sys

from bench import pipe, some
from stream.infra import plugins
from stream.infra.settings import Settings


def test_all_is_everything_and_thin_is_those_named_and_no_other() -> None:
    everything, thin = some.only("all", Settings()), some.only("thin", Settings())
    assert {*everything.kpis} == {*plugins.load(Settings()).kpis} > {*thin.kpis}
    assert {*thin.kpis, *thin.signals, *thin.watches} == set(some.THIN.split())
    assert {*thin.sources, *thin.sinks} == {*everything.sources, *everything.sinks}


def test_the_cpu_of_a_process_is_what_it_used() -> None:
    burn = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\nsys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        used = pipe.cpu(child)
        assert child.stdin is not None
        child.stdin.close()
    assert 0.3 - 2 / os.sysconf("SC_CLK_TCK") <= used < 30
