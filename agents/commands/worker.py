"""`journeywatch worker`: some roles of the pipe, until a signal or until something is wrong."""

from __future__ import annotations

import argparse

from agents import worker
from stream.infra import settings


def run(args: argparse.Namespace) -> int:
    return worker.run(settings.load(args.settings), args.roles)
