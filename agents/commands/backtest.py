"""`journeywatch backtest`: what a signal would have been worth on a log, before it may wake anybody."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from agents import chart, collector, feeding, scorecard
from agents.sweep import Settings, shown, swept
from stream.backtest import Backtest
from stream.bounds import wilson
from stream.claims import Severity, Signal
from stream.faults import Fault, Faults, unknown
from stream.infra import plugins, settings
from stream.infra.plugins import Plugins, tuned
from stream.outcome import Outcome
from stream.score import Score, Worth
from stream.sources import SourceFault

CHART, ROWS = "backtest.svg", "backtest.json"


def run(args: argparse.Namespace) -> int:
    """0: judged, whatever the judgement; 1: there was nothing to judge by."""
    collector.relax()
    effective = settings.load(args.settings)
    found = plugins.load(effective)
    signal, outcome = _signal(found, args.signal), _outcome(found, args.outcome, args.horizon)
    tried: Settings = swept(signal, args.sweep) if args.sweep else [({}, signal)]
    log = feeding.Log(args, effective, found)
    out = args.out or (Path() if args.sweep else None)
    if out:
        _make(out)
    test = Backtest(effective.definitions, tried, Severity[args.severity])
    log.feed(test)
    scores = test.scores(outcome, args.since)
    for line in _told(scores, signal, outcome, test):
        print(line)
    if out:
        _write(out, scores, signal, outcome, test)
    return 1 if all(score.table.worth is Worth.NOTHING for score in scores) else 0


def _signal(found: Plugins, name: str) -> Signal:
    if name in found.watches:
        mend = "is a watch; what it speaks of is a KPI's panes, not a customer to whom something happens"
        raise Faults([Fault("--signal", 0, name, "", mend)])
    if name not in found.signals:
        raise Faults([Fault("--signal", 0, name, "", unknown(name, found.signals))])
    return found.signals[name]


def _outcome(found: Plugins, name: str, horizon: int | None) -> Outcome:
    """By its name, or as signals say what they warn of ("further transfers")."""
    named = name.strip().replace(" ", "_").replace("-", "_")
    if named not in found.outcomes:
        raise Faults([Fault("--outcome", 0, name, "", unknown(named, found.outcomes))])
    outcome = found.outcomes[named]
    if horizon is None:
        return outcome
    other: Any
    other, said = tuned(outcome, {"horizon_ms": horizon})
    if said:
        raise Faults([Fault("--horizon", 0, "", "", f"{named} is not looked at after or before a time; leave it out")])
    chosen: Outcome = other
    return chosen


def _told(scores: Sequence[Score], signal: Signal, outcome: Outcome, test: Backtest) -> Iterator[str]:
    score, end = scores[0], datetime.fromtimestamp(test.end / 1000, UTC)
    left_out = f" ({score.left_out:,} left out: the log does not tell yet)" if score.left_out else ""
    yield f"{signal.name} against {outcome.name}: {test.records:,} records, as of {end:%Y-%m-%d %H:%M:%S} UTC"
    yield ""
    yield f"whom       {score.table.n:,} {outcome.whom}{left_out}"
    yield f"happened   {outcome.what}"
    yield "warned     an alert about it was open by then, by the time of the log"
    yield ""
    if score.setting:
        yield from scorecard.sweep(scores)
    else:
        yield from scorecard.card(score)
    yield ""
    for score in scores:
        name = signal.name + "".join(f" with {key} = {shown(key, value)}" for key, value in score.setting.items())
        yield scorecard.verdict(score, name, outcome)


def _write(out: Path, scores: Sequence[Score], signal: Signal, outcome: Outcome, test: Backtest) -> None:
    """The numbers, and of a sweep the picture."""
    names = {"signal": signal.name, "version": signal.version, "outcome": outcome.name, "whom": outcome.whom}
    rows = {**names, "what": outcome.what, "as_of": test.end, "settings": [row(score) for score in scores]}
    files = {ROWS: msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n"}
    if scores[0].setting:
        files[CHART] = chart.trade_off(f"{signal.name} against {outcome.name}", scores).encode()
    try:
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise SourceFault(f"--out {out}: {error.strerror or error}; name a directory to write to") from None
    print(f"\n{' and '.join(files)} {_are(files)} in {out}")


def row(score: Score) -> dict[str, Any]:
    """One setting as in backtest.json. Times ms, intervals of 95 %."""
    t = score.table
    return {
        "setting": score.setting,
        "n": t.n, "warned": t.warned, "happened": t.happened, "both": t.both, "left_out": score.left_out,
        "base": t.base,
        "precision": t.precision, "precision_interval": wilson(t.both, t.warned) if t.warned else None,
        "recall": t.recall, "recall_interval": wilson(t.both, t.happened) if t.happened else None,
        "lift": t.lift, "lift_interval": t.lift_bounds,
        "quiet": {"happened": score.quiet[0], "n": score.quiet[1]},
        "against_quiet": score.against_quiet, "against_quiet_interval": score.against_quiet_bounds,
        "lead_median_ms": score.lead,
        "alerts": score.alerts, "withdrawn": score.withdrawn, "alerts_a_day": score.a_day,
        "alerts_peak_day": score.peak[0], "worth": t.worth,
    }  # fmt: skip


def _are(files: Iterable[str]) -> str:
    return "are" if len(list(files)) > 1 else "is"


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceFault(f"--out {out}: {error.strerror or error}; name a directory to write to") from None
