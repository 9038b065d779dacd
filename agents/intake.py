"""intake: raw.<source> -> journey.events and journey.deadletters. No table; what is read twice is heard twice, and
a repeat changes nothing further on.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from agents import topics
from agents.engine.hop import HopSpec
from agents.engine.lane import Records
from agents.engine.tables import RelayHop
from agents.setup import Setup
from stream.intake import intake
from stream.record import DEADLETTERS, Out

ROLE = "intake"


class _Letter(Struct):
    reason: str


_reason = msgspec.json.Decoder(_Letter)


def hop(setup: Setup) -> RelayHop:
    """The hop over every source that the settings name."""
    definitions, telemetry = setup.definitions, setup.telemetry.hop(ROLE)
    sources = {topics.raw(name): setup.plugins.sources[name] for name in setup.settings.intake.sources}

    def step(topic: str, records: Records) -> list[Out]:
        source, out = sources[topic], []
        for record in records:
            out += intake(record, topic, record.partition, source, definitions)
        for letter in out:
            if letter.topic == DEADLETTERS:
                reason = _reason.decode(letter.value).reason
                telemetry.dead_letters[reason] = telemetry.dead_letters.get(reason, 0) + 1
        return out

    # Other programs write these topics, and may do so in transactions, whose markers leave gaps.
    spec = HopSpec(
        role=ROLE,
        app_id=topics.app_id(ROLE, definitions.run),
        sources=dict.fromkeys(sources, definitions.partitions),
        gaps=True,
        loss=setup.settings.kafka.allow_loss,
    )
    return RelayHop(spec, step, setup.connection, telemetry, setup.on_stop, setup.pieces)
