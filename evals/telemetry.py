"""How is a case's telemetry asked?  Behind production's ports: metrics from a real Prometheus where there is one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from evals.case import Case

if TYPE_CHECKING:
    from agent.graph.context import Sources

Server = Literal["auto", "prometheus", "recorded"]
"""Who answers for the metrics: a real Prometheus, the adapter in this process, or Prometheus when it is installed."""


def server(wanted: Server) -> Server:
    """`prometheus` or `recorded`. ValueError when Prometheus is wanted and not there."""
    missing = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    if wanted == "prometheus" and missing:
        raise ValueError(f"not installed: {' and '.join(missing)} (on Debian: apt-get install prometheus)")
    return "recorded" if wanted == "recorded" or missing else "prometheus"


@contextmanager
def served(case: Case, metrics: Server) -> Iterator["Sources"]:
    """Everything the case recorded; what was started for it is gone at the end."""
    if metrics == "recorded" or (recording := case.file("metrics.om")) is None:
        yield recorded_sources(case)
        return
    from evals import prometheus  # noqa: PLC0415 (each job loads only what it uses)

    with prometheus.serving(recording, lookback=lookback(case.step)) as client:
        yield replace(recorded_sources(case, with_metrics=False), metrics=client)


def recorded_sources(case: Case, *, with_metrics: bool = True) -> "Sources":
    """The case's files behind the adapters that answer without a server."""
    from agent.graph.context import Sources  # noqa: PLC0415 (likewise)
    from tools.clients import recorded  # noqa: PLC0415 (likewise)
    from tools.clients.recorded_cluster import RecordedCluster  # noqa: PLC0415 (likewise)

    metrics = case.file("metrics.om") if with_metrics else None
    logs, changes, graph = case.file("logs.jsonl"), case.file("changes.json"), case.file("topology.json")
    return Sources(
        metrics=recorded.RecordedMetrics(metrics, lookback=lookback(case.step)) if metrics else None,
        logs=recorded.RecordedLogs(logs) if logs else None,
        changes=(recorded.RecordedChanges(changes),) if changes else (),
        topology=(recorded.RecordedTopology(graph),) if graph else (),
        cluster=RecordedCluster(answers) if (answers := case.file("tool_outputs.jsonl")) else None,
        step=case.step,
    )


def lookback(step: timedelta) -> timedelta:
    """How long a sample stands: Prometheus' own five minutes, or two steps where those are longer."""
    return max(timedelta(minutes=5), 2 * step)
