"""Values that are kept elsewhere, and read when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


class Kept(Collector):
    """One metric, made when it is asked for."""

    def __init__(self, read: Callable[[], Metric]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        yield self._read()


def histogram_of(name: str, text: str, bounds: Sequence[int], counts: Mapping[int, int]) -> Metric:
    """A histogram of whole numbers, from how often each was seen."""
    within = [sum(seen for value, seen in counts.items() if low < value <= bound) for low, bound in _steps(bounds)]
    total = sum(counts.values())
    buckets = [(f"{bound:.1f}", float(seen)) for bound, seen in zip(bounds, accumulate(within), strict=True)]
    values = float(sum(value * seen for value, seen in counts.items()))
    return HistogramMetricFamily(name, text, buckets=[*buckets, ("+Inf", float(total))], sum_value=values)


def _steps(bounds: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip([0, *bounds[:-1]], bounds, strict=True)
