"""A recorded file and a real Prometheus that holds it give equal answers."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.farends.prometheus import prometheus
from tools.clients.recorded import RecordedMetrics

pytestmark = pytest.mark.system

BEGIN = 1_714_560_000
"""2024-05-01 10:40 UTC."""


def recording() -> str:
    """Counters that reset, gauges with holes, NaN and signs, a histogram, awkward label values; every 15 s or so."""
    chance = random.Random(11)
    lines: list[str] = []
    lines += _family("requests", "counter", _counters(chance))
    lines += _family("queue_length", "gauge", _gauges(chance))
    lines += _family("latency_seconds", "histogram", _buckets(chance))
    return "\n".join([*lines, "# EOF", ""])


def _family(name: str, kind: str, samples: Iterator[str]) -> list[str]:
    return [f"# TYPE {name} {kind}", *samples]


def _counters(chance: random.Random) -> Iterator[str]:
    for service in ("cart", "front end", 'odd"\\\\n'):
        for code in ("200", "500"):
            value = float(chance.randrange(50))
            escaped = service.replace('"', '\\"')
            for step in range(240):
                value = 0.0 if chance.random() < 0.01 else value + chance.randrange(20)
                at = BEGIN + step * 15 + chance.random() * 0.9
                yield f'requests_total{{service="{escaped}",code="{code}"}} {value} {at:.3f}'


def _gauges(chance: random.Random) -> Iterator[str]:
    for pod in ("cart-1", "cart-2", "mail-1", "mail-2", "gone-1"):
        for step in range(240):
            gap = (pod == "cart-2" and 60 < step < 130) or (pod == "gone-1" and step > 40)
            if not gap and chance.random() > 0.05:
                value = "NaN" if chance.random() < 0.01 else f"{chance.gauss(0, 30):.4f}"
                yield f'queue_length{{pod="{pod}",app="{pod[:4]}"}} {value} {BEGIN + step * 15 + 3.25}'


def _buckets(chance: random.Random) -> Iterator[str]:
    bounds = ["0.05", "0.1", "0.5", "1.0", "+Inf"]
    counts = [0] * len(bounds)
    rows: dict[str, list[str]] = {bound: [] for bound in bounds}
    for step in range(240):
        for _ in range(chance.randrange(9)):
            hit = chance.randrange(len(bounds))
            counts = [count + (place >= hit) for place, count in enumerate(counts)]
        for bound, count in zip(bounds, counts, strict=True):
            rows[bound].append(f'latency_seconds_bucket{{le="{bound}"}} {count} {BEGIN + step * 15}')
    for bound in bounds:
        yield from rows[bound]


QUERIES = [
    "requests_total",
    'requests_total{service="front end"}',
    'requests_total{service!="cart",code=~"5.."}',
    'requests_total{service!~"cart|front.*"}',
    'requests_total{service="odd\\"\\\\n"}',
    '{__name__=~"queue.*",pod=~"(?i)CART-.*"}',
    "queue_length offset 10m",
    "queue_length offset -5m",
    "rate(requests_total[2m])",
    "rate(requests_total[20s])",
    "rate(requests_total[5m] offset 7m)",
    "increase(requests_total[3m])",
    "irate(requests_total[1m])",
    "delta(queue_length[4m])",
    "idelta(queue_length[4m])",
    "deriv(queue_length[4m])",
    "changes(queue_length[4m])",
    "resets(requests_total[30m])",
    *(f"{name}_over_time(queue_length[90s])" for name in ("avg", "min", "max", "sum", "count", "last", "present")),
    *(f"{name}_over_time(queue_length[10m])" for name in ("stddev", "stdvar")),
    "quantile_over_time(0.9, queue_length[5m])",
    "quantile_over_time(1.1, queue_length[5m])",
    *(f"{name} by (app) (queue_length)" for name in ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")),
    "sum without (pod) (queue_length)",
    "sum(queue_length)",
    "quantile(0.75, queue_length)",
    "quantile by (app) (-1, queue_length)",
    "topk(2, queue_length)",
    "bottomk by (app) (1, queue_length)",
    'sum by (service) (rate(requests_total{code="500"}[5m])) / sum by (service) (rate(requests_total[5m]))',
    'requests_total{code="500"} / ignoring(code) requests_total{code="200"}',
    'requests_total{code="500"} / on(service) group_left() sum by (service) (requests_total)',
    "sum by (service) (requests_total) * on(service) group_right() requests_total",
    "queue_length > 0",
    "queue_length > bool 0",
    "0 < queue_length",
    "queue_length == queue_length",
    "queue_length >= on(pod) queue_length offset 1m",
    "-queue_length ^ 2",
    "queue_length % 7",
    "2 ^ 3 ^ 2 + vector(1)",
    "1 / (queue_length - queue_length)",
    "abs(queue_length)",
    "ceil(queue_length)",
    "floor(queue_length)",
    "round(queue_length)",
    "round(queue_length, 0.5)",
    "sqrt(queue_length)",
    "ln(queue_length)",
    "exp(queue_length / 100)",
    "sgn(queue_length)",
    "clamp(queue_length, -5, 5)",
    "clamp(queue_length, 5, -5)",
    "clamp_min(queue_length, 1)",
    "clamp_max(queue_length, 1)",
    'absent(queue_length{pod="cart-2"})',
    'absent(nothing{a="b",c=~"d"})',
    "histogram_quantile(0.9, latency_seconds_bucket)",
    "histogram_quantile(0.5, sum by (le) (rate(latency_seconds_bucket[5m])))",
    "histogram_quantile(1.5, rate(latency_seconds_bucket[5m]))",
    "scalar(sum(queue_length)) + queue_length",
    "time() - 1714560000",
    'queue_length{app="cart"} and on(app) queue_length{pod="cart-2"}',
    'queue_length unless queue_length{app="cart"}',
    'queue_length{app="mail"} or queue_length > 0',
    "max_over_time(sum by (app) (queue_length)[10m:1m])",
    "avg_over_time(rate(requests_total[1m])[7m:])",
    "sum_over_time(queue_length[5m:40s] offset 3m)",
]


@pytest.fixture(scope="module")
def text() -> str:
    return recording()


@pytest.fixture(scope="module")
def server(text: str) -> Iterator[str]:
    with prometheus(text) as address:
        yield address


@pytest.fixture(scope="module")
def recorded(text: str, tmp_path_factory: pytest.TempPathFactory) -> RecordedMetrics:
    path = tmp_path_factory.mktemp("case") / "metrics.om"
    path.write_text(text)
    return RecordedMetrics(path)


Answer = dict[tuple[tuple[str, str], ...], dict[float, float]]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_range_query_gives_what_prometheus_gives(query: str, server: str, recorded: RecordedMetrics) -> None:
    start, end, step = BEGIN + 61.5, BEGIN + 3900.0, 47
    fields = {"query": query, "start": f"{start}", "end": f"{end}", "step": f"{step}"}
    theirs = httpx2.get(f"{server}/api/v1/query_range", params=fields).json()["data"]["result"]
    series = await recorded.query_range(query, _at(start), _at(end), timedelta(seconds=step))
    ours: Answer = {
        _key({"__name__": one.name, **one.labels}): dict(zip(one.times, one.values, strict=True)) for one in series
    }
    assert_same(ours, {_key(one["metric"]): {at: float(value) for at, value in one["values"]} for one in theirs})


@pytest.mark.parametrize("moment", [BEGIN - 10, BEGIN + 300, BEGIN + 1234.567, BEGIN + 3585 + 303.25, BEGIN + 9000])
async def test_an_instant_query_gives_what_prometheus_gives(
    moment: float, server: str, recorded: RecordedMetrics
) -> None:
    for query in ("queue_length", "rate(requests_total[5m])", "max by (app) (queue_length)"):
        fields = {"query": query, "time": f"{moment}"}
        theirs = httpx2.get(f"{server}/api/v1/query", params=fields).json()["data"]["result"]
        series = await recorded.query(query, _at(moment))
        ours: Answer = {_key({"__name__": one.name, **one.labels}): {0: one.values[0]} for one in series}
        assert_same(ours, {_key(one["metric"]): {0: float(one["value"][1])} for one in theirs})


async def test_the_series_of_the_whole_recording_are_those_of_prometheus(
    server: str, recorded: RecordedMetrics
) -> None:
    selectors = ["queue_length", 'requests_total{code="500"}']
    fields = {"match[]": selectors, "start": f"{BEGIN}", "end": f"{BEGIN + 3600}"}
    theirs = httpx2.get(f"{server}/api/v1/series", params=fields).json()["data"]
    ours = await recorded.series(selectors, _at(BEGIN), _at(BEGIN + 3600))
    assert sorted(map(_key, ours)) == sorted(map(_key, theirs))


def assert_same(ours: Answer, theirs: Answer) -> None:
    """The same series, at the same moments, with values that differ by rounding alone."""
    assert ours.keys() == theirs.keys()
    for labels, points in theirs.items():
        mine = ours[labels]
        assert list(mine) == pytest.approx(list(points), abs=0.002)
        for (at, expected), found in zip(points.items(), mine.values(), strict=True):
            same = (math.isnan(expected) and math.isnan(found)) or found == pytest.approx(expected, rel=1e-9, abs=1e-9)
            assert same, (labels, at, found, expected)


def _key(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
