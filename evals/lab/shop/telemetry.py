"""What does a service say about itself: which metrics, which log lines?"""

import json
import time
from datetime import UTC, datetime
from typing import TextIO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_SECONDS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)


class Telemetry:
    """One service's registry and log file. The `service` label is the scraper's to add."""

    def __init__(self, service: str, pod: str, version: str, log: TextIO) -> None:
        self._service = service
        self._pod = pod
        self._log = log
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = self._counter("http_requests_total", "Requests served.", "route", "code")
        self._duration = self._histogram("http_request_duration_seconds", "Time to serve a request.", "route")
        self._calls = self._counter("http_client_requests_total", "Requests made.", "target", "code")
        self._call_duration = self._histogram("http_client_request_duration_seconds", "Time of a call.", "target")
        self.pool_size = self._gauge("pool_size", "Connections to the store that may be held.")
        self.pool_in_use = self._gauge("pool_in_use", "Connections to the store that are held.")
        self.store_connections = self._gauge("store_connections", "Clients connected to the store.")
        self.collection_seconds = self._counter("full_collection_seconds_total", "Time in full garbage collections.")
        build = Gauge("build_info", "The running version.", ("version",), registry=self._registry)
        build.labels(version).set(1)

    def served(self, route: str, code: int, seconds: float) -> None:
        self._requests.labels(route, str(code)).inc()
        self._duration.labels(route).observe(seconds)

    def called(self, target: str, code: str, seconds: float) -> None:
        """`code`: the answer's status, or `timeout`, `refused`, `reset`, `pool`."""
        self._calls.labels(target, code).inc()
        self._call_duration.labels(target).observe(seconds)

    def log(self, level: str, message: str, trace: str = "") -> None:
        line = {
            "ts": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "service": self._service,
            "pod": self._pod,
            "level": level,
            "trace": trace,
            "message": message,
        }
        self._log.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._log.flush()

    def exposition(self) -> bytes:
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=_SECONDS, registry=self._registry)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start
