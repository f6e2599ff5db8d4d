"""What the service does, in numbers for Prometheus: counts, times and names that are known beforehand, never a word of
a text, nor anything else that a caller wrote."""

from app.metrics.registry import Metrics
from app.metrics.requests import Answered
from app.metrics.speech import Spoken

__all__ = ["Answered", "Metrics", "Spoken"]
