"""How is a case's telemetry asked?  Behind production's ports: metrics from a real Prometheus where there is one.

A file that cannot be read is told on standard error and is as good as none: the case is answered from the others.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from lzma import LZMAError
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from evals.case import Case
from tools.base import BackendError

if TYPE_CHECKING:
    from agent.graph.context import Sources
    from tools.base import Logs, Metrics

Source = TypeVar("Source")

_UNREADABLE = (BackendError, OSError, EOFError, LZMAError, ValueError, KeyError, TypeError, ArithmeticError)
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

    with ExitStack() as opened:
        try:
            client = opened.enter_context(prometheus.serving(recording, lookback=lookback(case.step)))
        except (RuntimeError, *_UNREADABLE) as error:
            _tell(recording, f"asked without Prometheus: {type(error).__name__}: {error}")
            yield recorded_sources(case)
        else:
            yield replace(recorded_sources(case, with_metrics=False), metrics=client)


def recorded_sources(case: Case, *, with_metrics: bool = True) -> "Sources":
    """The case's files behind the adapters that answer without a server."""
    from agent.graph.context import Sources  # noqa: PLC0415 (likewise)
    from tools.clients import recorded  # noqa: PLC0415 (likewise)
    from tools.clients.recorded_cluster import RecordedCluster  # noqa: PLC0415 (likewise)

    recording, answers = case.file("metrics.om"), case.file("tool_outputs.jsonl")
    logs, changes, graph = case.file("logs.jsonl"), case.file("changes.json"), case.file("topology.json")
    return Sources(
        metrics=_metrics(case, recording, answers) if with_metrics else None,
        logs=_logs(logs),
        changes=(known,) if (known := _source(changes, recorded.RecordedChanges)) else (),
        topology=(drawn,) if (drawn := _source(graph, recorded.RecordedTopology)) else (),
        cluster=RecordedCluster(answers) if answers else None,
        step=case.step,
    )


def _logs(path: Path | None) -> "Logs | None":
    from tools.clients.recorded import RecordedLogs  # noqa: PLC0415 (likewise)

    found = _source(path, RecordedLogs)
    if path and found and found.unread:
        _tell(path, f"answered without {found.unread} of its lines, which cannot be read")
    return found


def _metrics(case: Case, recording: Path | None, answers: Path | None) -> "Metrics | None":
    """What was recorded as metrics, else the series that answers of tools hold."""
    from tools.clients.recorded import RecordedMetrics  # noqa: PLC0415 (likewise)
    from tools.recording import told_series, tool_outputs  # noqa: PLC0415 (likewise)

    def told(path: Path) -> "Metrics | None":
        found = told_series.recording(map(tool_outputs.decoded, tool_outputs.read(path)))
        return RecordedMetrics(found, lookback=lookback(case.step)) if found.tracks else None

    if recording:
        return _source(recording, lambda path: RecordedMetrics(path, lookback=lookback(case.step)))
    return _source(answers, told)


def _source(path: Path | None, read: Callable[[Path], Source]) -> Source | None:
    if path is None:
        return None
    try:
        return read(path)
    except _UNREADABLE as error:
        _tell(path, f"answered without it: {type(error).__name__}: {error}")
        return None


def _tell(path: Path, how: str) -> None:
    print(f"{path.parent.name}/{path.name}: {how}", file=sys.stderr)


def lookback(step: timedelta) -> timedelta:
    """How long a sample stands: Prometheus' own five minutes, or two steps where those are longer."""
    return max(timedelta(minutes=5), 2 * step)
