"""Which series do recorded answers of tools hold?  What CloudWatch, Prometheus and Datadog say of a range of time.

GetMetricData of the CloudWatch API, the `matrix` of the Prometheus HTTP API, and `pointlist` of the Datadog API.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from tools.log_lines import time_of
from tools.recording.openmetrics import Recording, Track
from tools.wording import parted

_DEEPEST = 8
_FEWEST = 2
"""Samples: one alone is no course of anything."""
_NO_NAME = re.compile(r"[^a-zA-Z0-9_:]")

Labels = dict[str, str]
Samples = dict[int, float]


def recording(answers: Iterable[Any]) -> Recording:
    """Everything that is understood, as gauges; a series that several answers tell of is one."""
    found: dict[tuple[tuple[str, str], ...], Samples] = {}
    for answer in answers:
        for labels, samples in _series(answer, 0):
            found.setdefault(tuple(sorted(labels.items())), {}).update(samples)
    kept = {key: samples for key, samples in found.items() if len(samples) >= _FEWEST}
    return Recording(tuple(_track(dict(key), samples) for key, samples in kept.items()), {})


def _track(labels: Labels, samples: Samples) -> Track:
    ordered = sorted(samples.items())
    return Track(
        labels, np.array([at for at, _ in ordered], np.int64), np.array([value for _, value in ordered], float)
    )


def _series(value: Any, depth: int) -> Iterator[tuple[Labels, Samples]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _series(one, depth + 1)
    elif isinstance(value, Mapping):
        item = {str(key).replace("_", "").lower(): inner for key, inner in value.items()}
        read = next((read for telling, read in _SHAPES if all(key in item for key in telling)), None)
        if read and (labels := read[0](item)):
            yield labels, _samples(read[1](item))
        else:
            for inner in value.values():
                yield from _series(inner, depth + 1)


def _samples(pairs: Iterable[Any]) -> Samples:
    found = {}
    for pair in pairs:
        at = time_of(pair[0]) if isinstance(pair, list | tuple) and len(pair) == len(("time", "value")) else None
        if at and (value := _number(pair[1])) is not None:
            found[round(at.timestamp() * 1000)] = value
    return found


def _number(written: Any) -> float | None:
    try:
        return float(written)
    except (TypeError, ValueError):
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# CloudWatch: whom a series is about stands in its first dimension


def _cloudwatch_labels(item: Mapping[str, Any]) -> Labels:
    name = str(item.get("metricname") or item.get("label") or "")
    pairs = [
        (str(one.get("Name", "")), str(one.get("Value", "")))
        for one in _listed(item.get("dimensions"))
        if isinstance(one, Mapping)
    ]
    labels = {_snake(key): value for key, value in pairs if key and value}
    if labels:
        labels.setdefault("service", next(iter(labels.values())))
    if item.get("stat"):
        labels["stat"] = str(item["stat"]).lower()
    return {"__name__": _NO_NAME.sub("_", name), **labels} if name else {}


def _cloudwatch_pairs(item: Mapping[str, Any]) -> Iterable[Any]:
    return zip(_listed(item["timestamps"]), _listed(item["values"]), strict=False)


def _snake(name: str) -> str:
    """`DBInstanceIdentifier` -> `db_instance_identifier`."""
    return _NO_NAME.sub("_", parted(name)).lower()


# Prometheus and Datadog


def _prometheus_labels(item: Mapping[str, Any]) -> Labels:
    metric = item["metric"]
    return {"__name__": "value", **{str(k): str(v) for k, v in metric.items()}} if isinstance(metric, Mapping) else {}


def _datadog_labels(item: Mapping[str, Any]) -> Labels:
    tags = [part.partition(":") for part in str(item.get("scope") or "").split(",")]
    labels = {_snake(key): value for key, colon, value in tags if colon and value}
    return {"__name__": _NO_NAME.sub("_", str(item["metric"])), **labels}


_SHAPES = (
    (("timestamps", "values"), (_cloudwatch_labels, _cloudwatch_pairs)),
    (("metric", "values"), (_prometheus_labels, lambda item: _listed(item["values"]))),
    (("metric", "pointlist"), (_datadog_labels, lambda item: _listed(item["pointlist"]))),
)
