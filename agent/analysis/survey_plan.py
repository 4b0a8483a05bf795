"""What should the survey ask the metrics back end, given the alerts and the series that exist?

One range query a metric, never one a series: gauges as they are, counters as rates, histograms as a mean and a high
quantile, summed to components and to pairs of components. A live Prometheus and a recorded case go the same way.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import promql_parser as ast

from agent.analysis import signals
from agent.analysis.observations import Reading
from agent.analysis.signals import Signal
from agent.domain.alert import Alert
from tools.base import BackendError, Series
from tools.promql import parsed
from tools.quoting import label, matcher, quoted

Kind = Literal["gauge", "counter", "histogram", "summary"]

EVERYTHING = '{__name__=~".+"}'
MAX_QUERIES = 120
MAX_SERIES = 5_000
MOST_OF_ONE = 400
"""A metric with more series than this is summed up to components before it is sent."""
_SCOPES = ("cluster", "kubernetes_cluster", "k8s_cluster", "namespace", "env", "environment")
_QUANTILE = "0.95"
_NOISE = re.compile(
    r"^(ALERTS|ALERTS_FOR_STATE|scrape_.*|promhttp_.*|prometheus_.*|alertmanager_.*|net_conntrack_.*|go_(?!goroutines).*"
    r"|python_(?!gc_).*|.*_info|.*_created|.*_build_.*)$"
)
"""What exporters say about themselves."""
_TIME_WORDS = {"request", "requests", "duration", "latency", "seconds", "milliseconds", "ms", "time"}
_MODE, _IDLE = "mode", "idle"
"""Of a machine's processors: all modes together say how many there are."""
_STATISTICS = ("stat", "statistic", "aggregation", "quantile", "reporter")


@dataclass(frozen=True)
class Ask:
    """One range query, and how to read what comes back."""

    metric: str
    """What the answer's series are called from here on."""
    template: str
    """PromQL with `%s` wherever the selector's matchers stand."""
    matchers: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the answer's series are labelled with beside their own, e.g. which quantile they are."""

    @property
    def promql(self) -> str:
        return self._filled(self.matchers)

    def readings(self, answer: Iterable[Series]) -> tuple[Reading, ...]:
        """Each series under the metric's name, with the query that gives it alone."""
        return tuple(self._reading(one) for one in answer)

    def _reading(self, one: Series) -> Reading:
        own = {name: value for name, value in one.labels.items() if name != "__name__"}
        narrowed = [matcher(name, value) for name, value in own.items()]
        series = Series(self.metric, {**own, **self.labels}, one.times, one.values)
        return Reading(series, self._filled((*self.matchers, *sorted(narrowed))))

    def _filled(self, matchers: Sequence[str]) -> str:
        told = "{" + ",".join(dict.fromkeys(matchers)) + "}" if matchers else ""
        return self.template.replace("%s", told)


@dataclass(frozen=True)
class Plan:
    asks: tuple[Ask, ...]
    """The most telling first."""
    left_out: tuple[str, ...]
    """A sentence for each kind of thing that is not asked."""


def scopes(alerts: Sequence[Alert], configured: Sequence[str]) -> list[list[str]]:
    """Selectors for `Metrics.series`, to be tried in this order until one of them finds series."""
    if configured:
        return [list(configured)]
    shared = {
        name: alerts[0].labels[name]
        for name in _SCOPES
        if alerts and alerts[0].labels.get(name) and len({alert.labels.get(name) for alert in alerts}) == 1
    }
    return [["{" + matcher(name, value) + "}"] for name, value in shared.items()] + [[EVERYTHING]]


def window(alerts: Sequence[Alert], now: datetime, history: timedelta, step: timedelta) -> tuple[datetime, datetime]:
    """(start, end) of every range query: enough history for a baseline, whatever the step.

    Whole steps back from now: what is read off the series must not hang on the second at which an alert started.
    """
    first = min([alert.starts_at for alert in alerts] + [now])
    return now - math.ceil((now - first + max(history, 100 * step)) / step) * step, now


def plan(
    found: Sequence[Mapping[str, str]],
    kinds: Mapping[str, str],
    alerts: Sequence[Alert],
    *,
    step: timedelta,
    service_label: str = "service",
    scope: str = "",
    max_queries: int = MAX_QUERIES,
    max_series: int = MAX_SERIES,
) -> Plan:
    """The queries for the label sets `found` (`__name__` included); `kinds` is `Metrics.metadata()`."""
    by_metric = _by_metric(found)
    wanted = {name: sets for name, sets in by_metric.items() if not _NOISE.match(name)}
    told = {value for alert in alerts for value in (*alert.labels.values(), alert.link)}
    matchers = _narrowing(scope)
    asked: list[Ask] = []
    weight = 0
    skipped: list[str] = []
    for name in sorted(wanted, key=lambda name: (_priority(name, wanted[name], told), name)):
        asks, expected = _asks(name, wanted[name], _kind(name, kinds, wanted), _Shape(step, service_label, matchers))
        if len(asked) + len(asks) > max_queries or weight + expected > max_series:
            skipped.append(name)
            continue
        asked += asks
        weight += expected
    return Plan(tuple(asked), _left_out(len(by_metric) - len(wanted), skipped))


def _narrowing(scope: str) -> tuple[str, ...]:
    """The scope's matchers without those on the name, which each query gives itself; none when they are joined by `or`.

    BackendError when it is not a selector.
    """
    if not scope:
        return ()
    asked = parsed(scope)
    if not isinstance(asked, ast.VectorSelector):
        raise BackendError(f"{scope[:300]!r}: not a selector")
    matchers = [one for one in asked.matchers.matchers if one.name != "__name__"]
    return tuple(f"{label(one.name)}{_OPERATORS[str(one.op)]}{quoted(one.value)}" for one in matchers)


_OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


@dataclass(frozen=True)
class _Shape:
    step: timedelta
    service_label: str
    matchers: tuple[str, ...]

    @property
    def rate_window(self) -> str:
        """Four usual scrapes at least, and no step left out."""
        return f"{max(60, int(2 * self.step.total_seconds()))}s"


def _by_metric(found: Iterable[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    by_metric: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for labels in found:
        if name := labels.get("__name__", ""):
            by_metric[name].append(labels)
    return by_metric


def _priority(name: str, sets: Sequence[Mapping[str, str]], told: set[str]) -> tuple[int, int]:
    """0 for what an alert names, then what is measured per component with a known meaning; few series before many."""
    if name in told or any(name in text for text in told if "/" in text):
        return (0, len(sets))
    known = signals.meaning(name, {}).signal is not Signal.OTHER
    placed = any(signals.component(labels, metric=name) for labels in sets)
    return (1 if known and placed else 2 if known or placed else 3, len(sets))


def _kind(name: str, kinds: Mapping[str, str], wanted: Mapping[str, object]) -> Kind | None:
    """None for the parts of a histogram or of a summary that another of its parts already covers."""
    if name.endswith("_bucket"):
        return "histogram"
    base = re.sub(r"_(sum|count)$", "", name)
    if base != name and f"{base}_bucket" in wanted:
        return None
    if base != name and {f"{base}_sum", f"{base}_count"} <= wanted.keys():
        return "summary" if name.endswith("_sum") else None
    if ":" in name:
        return "gauge"
    if kinds.get(name) == "counter" or (kinds.get(base) in ("summary", "histogram") and base != name):
        return "counter"
    return "counter" if name.endswith("_total") and kinds.get(name) in (None, "unknown", "counter") else "gauge"


def _asks(name: str, sets: Sequence[Mapping[str, str]], kind: Kind | None, shape: _Shape) -> tuple[list[Ask], int]:
    """The queries for one metric and how many series they will bring."""
    keep = _kept_labels(name, sets, shape.service_label)
    groups = len({tuple(labels.get(name, "") for name in keep) for labels in sets})
    match kind:
        case "gauge":
            return _gauge(name, sets, keep, groups, shape)
        case "counter":
            return _counter(name, sets, keep, groups, shape)
        case "histogram":
            return _histogram(name, sets, keep, groups, shape)
        case "summary":
            return _summary(name.removesuffix("_sum"), sets, keep, groups, shape)
        case None:
            return [], 0


def _gauge(
    name: str, sets: Sequence[Mapping[str, str]], keep: Sequence[str], groups: int, shape: _Shape
) -> tuple[list[Ask], int]:
    if len(sets) <= MOST_OF_ONE:
        return [Ask(name, f"{name}%s", shape.matchers)], len(sets)
    worst = "min" if signals.meaning(name, {}).worse < 0 else "max"
    return [Ask(name, f"{worst} by ({', '.join(keep)}) ({name}%s)", shape.matchers)], groups


def _counter(
    name: str, sets: Sequence[Mapping[str, str]], keep: Sequence[str], groups: int, shape: _Shape
) -> tuple[list[Ask], int]:
    busy = (f'{_MODE}!="{_IDLE}"',) if any(labels.get(_MODE) == _IDLE for labels in sets) else ()
    total = f"sum by ({', '.join(keep)}) (rate({name}%s[{shape.rate_window}]))"
    count = Ask(name, total, (*shape.matchers, *busy))
    asks = [count, *_failing(count, sets, shape)]
    return asks, groups * len(asks)


def _histogram(
    name: str, sets: Sequence[Mapping[str, str]], keep: Sequence[str], groups: int, shape: _Shape
) -> tuple[list[Ask], int]:
    base, over = name.removesuffix("_bucket"), f"%s[{shape.rate_window}]"
    quantile = f"histogram_quantile({_QUANTILE}, sum by ({', '.join([*keep, 'le'])}) (rate({name}{over})))"
    told, weight = _summary(base, sets, keep, groups, shape)
    return [Ask(base, quantile, shape.matchers, {"quantile": _QUANTILE}), *told], groups + weight


def _summary(
    base: str, sets: Sequence[Mapping[str, str]], keep: Sequence[str], groups: int, shape: _Shape
) -> tuple[list[Ask], int]:
    """What timers tell: a mean, how many there were, and how many of them failed."""
    mean, count = _mean_and_count(base, keep, shape)
    asks = [mean, count, *_failing(count, sets, shape)]
    return asks, groups * len(asks)


def _failing(count: Ask, sets: Sequence[Mapping[str, str]], shape: _Shape) -> list[Ask]:
    """The same for what failed alone, when a label tells it."""
    code = next((label for label in signals.CODE_LABELS if any(label in labels for labels in sets)), "")
    failed = (*shape.matchers, f'{code}=~"{signals.failing(code)}"')
    return [Ask(count.metric, count.template, failed, {code: "5xx"})] if code else []


def _mean_and_count(base: str, keep: Sequence[str], shape: _Shape) -> tuple[Ask, Ask]:
    by, over = ", ".join(keep), f"%s[{shape.rate_window}]"
    count = f"sum by ({by}) (rate({base}_count{over}))"
    mean = f"sum by ({by}) (rate({base}_sum{over})) / {count}"
    return Ask(base, mean, shape.matchers, {"stat": "avg"}), Ask(f"{_counted(base)}_requests", count, shape.matchers)


def _counted(base: str) -> str:
    """`http_request_duration_seconds` counts what `http` does: the words that speak of time are dropped."""
    return "_".join(word for word in base.split("_") if word not in _TIME_WORDS)


def _kept_labels(metric: str, sets: Sequence[Mapping[str, str]], service_label: str) -> list[str]:
    """The labels that place a series: its component, its pair, and which statistic it is."""
    present = {name for labels in sets for name in labels}
    placed = next((name for name in signals.placing(metric, service_label) if name in present), "")
    pair = [name for name in (*signals.SOURCE_LABELS, *signals.TARGET_LABELS) if name in present]
    return sorted({name for name in [placed, *pair, *(s for s in _STATISTICS if s in present)] if name})


def _left_out(noise: int, skipped: Sequence[str]) -> tuple[str, ...]:
    said = []
    if noise:
        said.append(f"{noise} metrics that exporters keep about themselves were not asked for.")
    if skipped:
        some = ", ".join(skipped[:10]) + (", ..." if len(skipped) > 10 else "")
        said.append(f"{len(skipped)} metrics were left out to stay within the survey's limits: {some}.")
    return tuple(said)
