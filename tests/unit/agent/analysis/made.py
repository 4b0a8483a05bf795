"""A shop made up for tests: a front that calls a middle that calls a back and a side, measured every 30 seconds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from agent.analysis.observations import Observations, readings
from agent.domain.alert import Alert, AlertStatus, Severity
from tools.base import Change, LogLine, Series, Topology

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)
SAMPLES = 121
CALLS = (("front", "middle"), ("middle", "back"), ("front", "side"))
LEVELS = {
    "request_latency_seconds": {"front": 0.20, "middle": 0.10, "back": 0.05, "side": 0.02},
    "error_ratio": dict.fromkeys(("front", "middle", "back", "side"), 0.001),
    "requests_per_second": {"front": 100.0, "middle": 80.0, "back": 80.0, "side": 40.0},
    "cpu_usage_cores": {"front": 1.0, "middle": 0.8, "back": 0.5, "side": 0.2},
    "memory_usage_bytes": dict.fromkeys(("front", "middle", "back", "side"), 5e8),
}


@dataclass
class Shop:
    """`lifts[metric, service]` is added to that series from `began` on."""

    began: datetime = NOW - timedelta(minutes=3)
    lifts: Mapping[tuple[str, str], float] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """What the services are called; those left out keep their names."""

    def called(self, service: str) -> str:
        return self.names.get(service, service)

    def series(self) -> list[Series]:
        noise = random.Random(7)
        return [
            self._series(metric, service, level, noise)
            for metric, levels in LEVELS.items()
            for service, level in levels.items()
        ]

    def topology(self) -> Topology:
        edges = frozenset((self.called(caller), self.called(callee)) for caller, callee in CALLS)
        return Topology(frozenset(node for edge in edges for node in edge), edges)

    def alert(self, name: str = "HighLatency", late: timedelta = timedelta(0), service: str = "front") -> Alert:
        return alert(name, self.began + late, service=self.called(service))

    def observed(
        self, *alerts: Alert, lines: tuple[LogLine, ...] = (), changes: tuple[Change, ...] = ()
    ) -> Observations:
        return Observations(
            now=NOW,
            step=STEP,
            alerts=alerts or (self.alert(),),
            readings=readings(self.series()),
            lines=lines,
            changes=changes,
            topology=self.topology(),
        )

    def _series(self, metric: str, service: str, level: float, noise: random.Random) -> Series:
        times = NOW.timestamp() - STEP.total_seconds() * np.arange(SAMPLES - 1, -1, -1.0)
        lift = np.where(times >= self.began.timestamp(), self.lifts.get((metric, service), 0.0), 0.0)
        values = np.array([level * (1 + noise.gauss(0, 0.02)) for _ in times]) + lift
        return Series(metric, {"service": self.called(service)}, times, values)


def alert(name: str, at: datetime, **labels: str) -> Alert:
    return Alert(
        integration="test",
        name=name,
        status=AlertStatus.FIRING,
        severity=Severity.HIGH,
        labels={"alertname": name, **labels},
        starts_at=at,
    )


def slow_back() -> Shop:
    """The back takes 0.3 s longer, and everybody above it waits; its processor is busy."""
    return Shop(
        lifts={
            ("request_latency_seconds", "back"): 0.3,
            ("request_latency_seconds", "middle"): 0.3,
            ("request_latency_seconds", "front"): 0.24,
            ("cpu_usage_cores", "back"): 1.5,
        }
    )
