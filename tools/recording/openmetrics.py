"""Which series does a recorded OpenMetrics text hold?  Samples carry their own timestamps, in seconds.

Format: https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md (exemplars are left out).
"""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.base import BackendError
from tools.recording.packed import unpacked

Milliseconds = NDArray[np.int64]


@dataclass(frozen=True)
class Track:
    """One recorded series. `times` ascend strictly, in milliseconds since 1970 as in Prometheus itself."""

    labels: dict[str, str]
    """`__name__` included."""
    times: Milliseconds
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    tracks: tuple[Track, ...]
    types: dict[str, str]
    """Metric name -> `gauge`, `counter`, `histogram`, `summary`, `unknown`."""


def read(path: Path) -> Recording:
    """A `.om` or `.om.xz` file. Raises BackendError, naming the line, when it is not OpenMetrics with timestamps."""
    with unpacked(path) as lines:
        return parse(lines, str(path.name))


def parse(lines: Iterable[str], name: str = "text") -> Recording:
    samples: dict[str, tuple[array[float], array[float]]] = {}
    types: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            _note_type(line, types)
            continue
        try:
            key, value, at = _parts(line)
            if key not in samples:
                samples[key] = (array("d"), array("d"))
            seconds, values = samples[key]
            seconds.append(float(at))
            values.append(float(value))
        except ValueError as error:
            raise BackendError(f"{name}, line {number}: not a sample with a timestamp: {line[:120]!r}") from error
    return Recording(tuple(_track(key, *columns) for key, columns in samples.items()), types)


def _note_type(line: str, types: dict[str, str]) -> None:
    words = line.split()
    if words[1:2] == ["TYPE"] and len(words) == 4:
        types[words[2]] = words[3]
        if words[3] == "counter" and not words[2].endswith("_total"):
            # OpenMetrics names the family; the series carries the suffix.
            types[words[2] + "_total"] = "counter"


_SAMPLE = re.compile(r'([^{\s]+(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?)\s+(\S+)\s+(\S+)')


def _parts(line: str) -> list[str]:
    """Series, value and timestamp as they are written."""
    if " # " not in line:
        return line.rsplit(None, 2)
    found = _SAMPLE.match(line)
    return list(found.groups()) if found else []


def _track(key: str, seconds: "array[float]", values: "array[float]") -> Track:
    times = np.round(np.frombuffer(seconds, dtype=np.float64) * 1000).astype(np.int64)
    samples = np.frombuffer(values, dtype=np.float64)
    if np.any(np.diff(times) <= 0):
        # The last sample of a moment wins, as in a scrape that is repeated.
        times, last = np.unique(times[::-1], return_index=True)
        samples = samples[::-1][last]
    return Track(_labels(key), times, samples)


_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")


def _labels(key: str) -> dict[str, str]:
    name, opened, rest = key.partition("{")
    inner = rest.rstrip().removesuffix("}")
    if opened and not rest.rstrip().endswith("}"):
        raise BackendError(f"not a series: {key[:200]!r}")
    labels = {"__name__": name.strip()}
    place = 0
    while place < len(inner):
        found = _LABEL.match(inner, place)
        if found is None:
            raise BackendError(f"not a series: {key[:200]!r}")
        labels[found[1]] = _ESCAPED.sub(lambda e: "\n" if e[1] == "n" else e[1], found[2])
        place = found.end()
    return labels
