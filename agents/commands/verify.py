"""`journeywatch verify`: live tables, readings and alerts against a replay of the log."""

from __future__ import annotations

import argparse
import asyncio

from agents.commands.common import reached
from agents.readside import redis
from agents.setup import setup
from agents.verify import Live, verify
from stream.infra import settings
from stream.infra.settings import Settings


def run(args: argparse.Namespace) -> int:
    differences, live, notes = asyncio.run(_verified(settings.load(args.settings)))
    for line in differences:
        print(line)
    for note in notes:
        print(note)
    rows = sum(len(ledger.rows) for ledger in live.journeys)
    about = f"{rows:,} customers, {len(live.readings):,} readings, {len(live.said):,} changes of alerts"
    print(f"{len(differences):,} differences in {about}" if differences else f"{about}: as the log says")
    return 1 if differences else 0


async def _verified(effective: Settings) -> tuple[list[str], Live, list[str]]:
    made = setup(effective)
    async with reached(effective.kafka):
        differences, live = await verify(made)
        if made.redis is None:
            return differences, live, []
        try:
            more, notes = await redis(made, live)
        finally:
            await made.redis.close()
    return differences + more, live, notes
