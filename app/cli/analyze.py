"""Run `intone analyze`: show the plan of a text without synthesizing it."""

from __future__ import annotations

import argparse

from app.cli.flags import settings
from app.cli.output import show_plan, write_json
from app.cli.source import load_pipeline, make_request
from app.planning.serialize import plan_to_dict


def run(options: argparse.Namespace) -> int:
    """Print the plan as a table or as JSON."""
    chosen = settings()
    request = make_request(options)
    plan = load_pipeline(chosen, request.voice).analyze(request)
    if options.json:
        write_json(plan_to_dict(plan))
    else:
        show_plan(plan)
    return 0
