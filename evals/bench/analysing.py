"""Does the analysis cost more than in proportion to the series?  The reference is a tenth of the series, ten times.

Processor time of `ranking.diagnose` on made-up services that call each other in a tree: ten series each, two hours of
them at a sample a minute, one slow service.
"""

import gc
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import numpy as np

from agent.analysis.observations import Observations, readings
from agent.analysis.ranking import diagnose
from agent.domain.alert import Alert, AlertStatus, Severity
from evals.bench.row import Row, in_turn
from tools.base import Series, Topology

SIZES = (1_000, 10_000)
"""Series; each beside a tenth of them."""
_TENTH: Final = 10
_METRICS = {
    "request_latency_seconds": 0.1,
    "error_ratio": 0.002,
    "requests_per_second": 80.0,
    "cpu_usage_cores": 0.6,
    "memory_usage_bytes": 5e8,
    "disk_io_seconds": 0.01,
    "network_receive_bytes": 4e4,
    "network_transmit_bytes": 6e4,
    "threads": 30.0,
    "gc_pause_seconds": 0.004,
}
_NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
_STEP = timedelta(minutes=1)
_SAMPLES = 120
_SLOW = 4
"""Samples, the last ones."""
_CALLEES = 3


async def rows(runs: int) -> list[Row]:
    """Seconds of processor; a ratio above 1 is worse than in proportion."""
    return [await _row(runs, series) for series in SIZES]


def _made(series: int) -> Observations:
    """What was observed of a tenth as many services, the last of which makes all above it slow."""
    names = [f"s{number}" for number in range(series // len(_METRICS))]
    calls = frozenset((names[(number - 1) // _CALLEES], names[number]) for number in range(1, len(names)))
    slow = {names[number] for number in _up_from(len(names) - 1)}
    noise = np.random.default_rng(7)
    times = _NOW.timestamp() - _STEP.total_seconds() * np.arange(_SAMPLES - 1, -1, -1.0)
    found = []
    for name in names:
        for metric, level in _METRICS.items():
            values = level * (1 + 0.02 * noise.standard_normal(_SAMPLES))
            if name in slow and metric == "request_latency_seconds":
                values[-_SLOW:] += 0.5
            found.append(Series(metric, {"service": name}, times, values))
    alert = Alert(
        integration="bench",
        name="HighLatency",
        status=AlertStatus.FIRING,
        severity=Severity.HIGH,
        labels={"alertname": "HighLatency", "service": names[0]},
        starts_at=_NOW - 2 * _STEP,
    )
    topology = Topology(frozenset(names), calls)
    return Observations(now=_NOW, step=_STEP, alerts=(alert,), readings=readings(found), topology=topology)


def _up_from(number: int) -> Iterator[int]:
    """It, its caller, and so on to the first."""
    yield number
    while number:
        number = (number - 1) // _CALLEES
        yield number


async def _row(runs: int, series: int) -> Row:
    large, small = _made(series), _made(series // _TENTH)
    if (found := diagnose(large).suspects[0].component) != (slow := f"s{series // len(_METRICS) - 1}"):
        raise RuntimeError(f"of {series} series, those of {slow} were made slow, and {found} was named")
    name = f"analysis, {series:,} series"
    return await in_turn(name, "s", runs, partial(_took, large, 1), partial(_took, small, _TENTH))


async def _took(seen: Observations, times: int) -> float:
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        diagnose(seen)
    return time.process_time() - began
