"""Run `intone analyze`: show the plan of a text without synthesizing it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from app.cli.flags import settings
from app.cli.output import show_plan, write_json
from app.cli.say import find_structure
from app.cli.source import BOOK_SETTINGS, Source, load_pipeline, make_request, read_source
from app.planning.serialize import PlanJson, plan_to_dict
from app.types import Plan, SpeechRequest

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline


def run(options: argparse.Namespace) -> int:
    """Print the plan as a table, as JSON, or as lines of JSON while it is made; its length has no limit."""
    chosen = settings(**BOOK_SETTINGS)
    source = read_source(options.source, ssml=options.ssml)
    source, request = find_structure(source, make_request(options, source))
    pipeline = load_pipeline(chosen, request.voice)
    if options.json_lines:
        stream_plan(pipeline, request, source)
        return 0
    plan = pipeline.analyze(request)
    plan = replace(plan, warnings=(*(source.document.warnings if source.document else ()), *plan.warnings))
    if options.json:
        write_json(describe_plan(plan, source))
    else:
        show_plan(plan)
    return 0


def stream_plan(pipeline: Pipeline, request: SpeechRequest, source: Source) -> None:
    """Print the lines of a plan while it is made."""
    from app.production.plan_file import make_plan_lines
    from app.synthesis import never_cancelled
    from app.synthesis.pipeline import estimate_seconds

    selection, plan = pipeline.plan_request(request, never_cancelled)
    lines = make_plan_lines(
        plan,
        selection.voice.name,
        pipeline.classifier.name,
        source.document,
        source.headings,
        lambda utterance: estimate_seconds([utterance], selection),
    )
    for line in lines:
        sys.stdout.write(line)


def describe_plan(plan: Plan, source: Source) -> PlanJson | dict[str, object]:
    """Return the plan as JSON; that of a document also has its title, author, language and chapters."""
    if source.document is None:
        return plan_to_dict(plan)
    from app.production.plan_file import describe_book, find_chapters

    chapters = [
        {"title": title, "utterance": number} for title, number in find_chapters(plan.utterances, source.headings)
    ]
    return {**plan_to_dict(plan), **describe_book(source.document), "chapters": chapters}
