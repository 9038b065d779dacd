"""What the folds refuse: state, and records of journey.kpis, that do not fit them. Each stops the engine, by code."""

from __future__ import annotations

import msgspec

from stream.claims import Differences
from stream.definitions import BEAT, Definitions
from stream.record import KPIS, Heard, Meta, Stop

PARTITIONS_CHANGED, GAP, UNREADABLE, DEFINITIONS_DIFFER = 73, 74, 77, 78  # exit codes

_differences = msgspec.msgpack.Decoder(Differences).decode


def check_state(meta: Meta, topic: str, partitions: int, run: int, revision: str) -> None:
    """Refuse state that these definitions did not make: Stop(73) for the partition count, Stop(78) for the rest."""
    again = f"take run = {run + 1}, which builds everything anew from the log"
    if meta.partitions != partitions:
        made = f"the state was made with {meta.partitions} partitions of {topic}, now there are {partitions}"
        raise Stop(PARTITIONS_CHANGED, f"{made}: put the old number back, or {again}")
    if (meta.run, meta.revision) != (run, revision):
        made = f"the state of run {meta.run} was made under definitions {meta.revision}, these are {revision}"
        raise Stop(DEFINITIONS_DIFFER, f"{made}: put the old ones back, or {again}")


def read(record: Heard, d: Definitions, revision: str) -> Differences | None:
    """The record, None if it is another run's. Stop(77) if it is none, 73 and 78 as above."""
    try:
        heard = _differences(record.value or b"")
    except msgspec.DecodeError as error:
        raise Stop(UNREADABLE, f"{KPIS}: offset {record.offset} cannot be read ({error}): was it written by another "
                   "program or version?") from error  # fmt: skip
    if heard.run != d.run:
        return None
    if heard.partitions != d.partitions:
        raise Stop(PARTITIONS_CHANGED, f"{KPIS} was written for {heard.partitions} partitions of journey.events, "
                   f"settings say {d.partitions}: put the old number back, or take run = {d.run + 1}")  # fmt: skip
    if heard.revision != revision:
        raise Stop(DEFINITIONS_DIFFER, f"{KPIS} was written under definitions {heard.revision}, these are "
                   f"{revision}: put the old ones back, or take run = {d.run + 1}")  # fmt: skip
    return heard


def is_next(heard: Differences, seen: int) -> bool:
    """Whether this is the append after `seen`; a lower one is a repeat. Stop(74) if one is missing."""
    if heard.seq > seen + 1:
        raise Stop(GAP, f"{KPIS}: partition {heard.partition} speaks of append {heard.seq} after {seen}: records are "
                   f"lost, take run = {heard.run + 1}")  # fmt: skip
    return heard.seq > seen


def check_clock(heard: Differences, clock: int) -> None:
    """Stop(77) if a beat is named that the partition's clock (ms) had passed before: it may be closed already."""
    if heard.beats and (heard.beats[0][0] + 1) * BEAT <= clock:
        raise Stop(UNREADABLE, f"{KPIS}: partition {heard.partition} speaks of beat {heard.beats[0][0]} after its "
                   f"clock passed it ({clock}): the log clock went back, take run = {heard.run + 1}")  # fmt: skip
