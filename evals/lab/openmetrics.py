"""How are series written as OpenMetrics text with timestamps?"""

import math
from collections.abc import Iterable, Iterator
from itertools import groupby

from evals.lab.monitoring import Sample, Series


def exposition(series: Iterable[Series], dropped_labels: frozenset[str] = frozenset()) -> str:
    """All series as gauges: families contiguous, values to six digits, times in seconds; ends with `# EOF`.

    Samples that are not finite are left out: they say that there was nothing to measure.
    """
    ordered = sorted(series, key=lambda one: (_name(one), _label_text(one, dropped_labels)))
    lines: list[str] = []
    for name, family in groupby(ordered, key=_name):
        lines.append(f"# TYPE {name} gauge")
        for one in family:
            lines.extend(_lines(name + _label_text(one, dropped_labels), one.samples))
    return "\n".join([*lines, "# EOF", ""])


def shifted(series: Iterable[Series], zero: float) -> Iterator[Series]:
    """The same series with `zero` as time 0."""
    for one in series:
        samples = tuple(Sample(round(sample.at - zero, 3), sample.value) for sample in one.samples)
        yield Series(one.labels, samples)


def _name(series: Series) -> str:
    return series.labels["__name__"]


def _label_text(series: Series, dropped: frozenset[str]) -> str:
    labels = [
        f'{name}="{_escaped(value)}"'
        for name, value in sorted(series.labels.items())
        if name != "__name__" and name not in dropped
    ]
    return "{" + ",".join(labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _lines(key: str, samples: Iterable[Sample]) -> Iterator[str]:
    for sample in samples:
        if math.isfinite(sample.value):
            yield f"{key} {sample.value:.6g} {_seconds(sample.at)}"


def _seconds(at: float) -> str:
    return f"{at + 0.0:.3f}".rstrip("0").rstrip(".")  # adding zero turns -0 into 0
