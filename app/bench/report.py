"""A run as one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.bench.results import Results
from app.bench.targets import targets


def to_dict(results: Results) -> dict[str, Any]:
    """Facts, what is missing, targets, and every single value."""
    return {
        "facts": results.facts,
        "missing": results.missing,
        "targets": [
            {**asdict(target), "value": target.value, "verdict": target.verdict} for target in targets(results)
        ],
        "samples": [{**asdict(sample.key), "round": sample.round, "value": sample.value} for sample in results.samples],
    }
