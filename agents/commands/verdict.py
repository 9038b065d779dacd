"""`journeywatch verdict`: what somebody thinks of an alert, as an `alert.reviewed` event on its way to the log."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from uuid import uuid4

import msgspec

from agents import topics
from agents.commands.common import reached
from agents.engine.exits import Code
from agents.logtopics import LogTopics
from agents.setup import Setup, setup
from agents.verdicts import Speaker, find, reviewable, topic
from stream.infra import settings
from stream.infra.ballot import Away
from stream.infra.reviews import Review, Reviewable
from stream.infra.settings import Settings
from stream.record import Stop


def run(args: argparse.Namespace) -> int:
    effective = settings.load(args.settings)
    where = topic(effective)
    about = asyncio.run(_voted(args, effective, where))
    if about is None:
        words = f"there is no alert {args.alert}, neither in Redis nor in {topics.ALERTS} (which is kept for 90 d)"
        print(f"journeywatch: {words}", file=sys.stderr)
        return 1
    print(f"{args.verdict}: {about.signal}, {about.text or about.id} ({about.status}); on {where}")
    return 0


async def _voted(args: argparse.Namespace, effective: Settings, where: str) -> Reviewable | None:
    made = setup(effective)
    try:
        async with reached(effective.kafka):
            if (about := await _found(made, args.alert)) is not None:
                now = int(time.time() * 1000)
                review = Review(about, args.verdict, now, f"command/{uuid4().hex}", args.by or "")
                await _said(review, Speaker(made.connection, where))
            return about
    finally:
        if made.redis is not None:
            await made.redis.close()


async def _said(review: Review, speaker: Speaker) -> None:
    try:
        await speaker.start()
        await speaker.there()
        await speaker.say(review)
    except Away as error:
        raise Stop(Code.BROKER, f"the verdict was not taken: {error}") from error
    finally:
        await speaker.stop()


async def _found(made: Setup, alert: str) -> Reviewable | None:
    """From Redis; else, slower, from the log of alerts."""
    if made.redis is not None:
        try:
            if (found := await find(made.redis, alert)) is not None:
                return found
        except Away as error:
            print(f"journeywatch: {error}; looking through {topics.ALERTS} instead", file=sys.stderr)
    newest = None
    async with LogTopics(made.connection, [topics.ALERTS]) as log:
        async for record in log.records():
            if record.key == alert.encode():
                newest = record.value
    try:
        return reviewable(newest) if newest is not None else None
    except msgspec.MsgspecError:
        return None
