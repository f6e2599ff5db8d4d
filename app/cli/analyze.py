"""`intone analyze`: the plan of a text, without speaking it."""

from __future__ import annotations

import argparse

from app.api.plan_json import plan_to_dict
from app.cli.flags import settings
from app.cli.source import speech_request
from app.cli.table import show_plan, write_json


def run(options: argparse.Namespace) -> int:
    """Show the plan, for people or for programs."""
    chosen = settings()
    request = speech_request(options)
    from app.pipeline import Pipeline

    plan = Pipeline.load(chosen).analyze(request)
    if options.json:
        write_json(plan_to_dict(plan))
    else:
        show_plan(plan)
    return 0
