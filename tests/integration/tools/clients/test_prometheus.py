"""The Prometheus client against a real Prometheus, beside the recorded source; and against a server that misbehaves."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.farends.answers import (
    HALF,
    HANG,
    NONSENSE,
    REDIRECT,
    Answer,
    Drip,
    Endless,
    Instead,
    Misbehaviour,
    bomb,
    deadline_for,
)
from tests.farends.loopback import Saying
from tests.farends.prometheus import prometheus
from tools.base import BackendError, Metrics, Series
from tools.clients.prometheus import Prometheus
from tools.clients.recorded import RecordedMetrics

T0 = datetime(2024, 5, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def text() -> str:
    rows = [
        f'load{{pod="cart-{pod}"}} {step * pod} {T0.timestamp() + step * 15}' for pod in (1, 2) for step in range(41)
    ]
    odd = f'odd{{path="a\\"b\\\\n"}} NaN {T0.timestamp()}'
    return "\n".join(["# TYPE load gauge", *rows, "# TYPE odd gauge", odd, "# EOF", ""])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with prometheus(text()) as url:
        yield url


@pytest.fixture(params=["prometheus", "recorded"])
async def metrics(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Metrics]:
    """Both adapters of the port over the same samples."""
    if request.param == "recorded":
        (tmp_path / "metrics.om").write_text(text())
        yield RecordedMetrics(tmp_path / "metrics.om")
    else:
        client = Prometheus(request.getfixturevalue("address"))
        yield client
        await client.close()


def shown(series: list[Series]) -> list[tuple[str, dict[str, str], list[float], list[float]]]:
    rows = [(s.name, dict(s.labels), [t - T0.timestamp() for t in s.times], s.values.tolist()) for s in series]
    return sorted(rows, key=lambda row: str(row[1]))


@pytest.mark.system
async def test_an_instant_vector_has_one_sample_a_series(metrics: Metrics) -> None:
    assert shown(await metrics.query("load", T0 + 31 * SECOND)) == [
        ("load", {"pod": "cart-1"}, [31.0], [2.0]),
        ("load", {"pod": "cart-2"}, [31.0], [4.0]),
    ]


@pytest.mark.system
async def test_a_range_has_both_its_ends_at_the_very_times_asked_for(metrics: Metrics) -> None:
    start = T0 + timedelta(seconds=10.25)
    assert shown(await metrics.query_range("sum(load)", start, start + 60 * SECOND, timedelta(seconds=30))) == [
        ("", {}, [10.25, 40.25, 70.25], [0.0, 6.0, 12.0]),
    ]


@pytest.mark.system
async def test_a_scalar_is_a_series_without_labels(metrics: Metrics) -> None:
    assert shown(await metrics.query("1 + 1", T0)) == [("", {}, [0.0], [2.0])]
    assert shown(await metrics.query_range("scalar(sum(load))", T0, T0, SECOND)) == [("", {}, [0.0], [0.0])]


@pytest.mark.system
async def test_label_values_and_nan_come_as_they_are(metrics: Metrics) -> None:
    [odd] = await metrics.query("odd", T0)
    assert (dict(odd.labels), bool(np.isnan(odd.values).all())) == ({"path": 'a"b\\n'}, True)


@pytest.mark.system
async def test_the_series_of_a_window_are_listed_with_their_names(metrics: Metrics) -> None:
    found = await metrics.series(['load{pod=~".*2"}', "odd"], T0, T0 + 60 * SECOND)
    assert sorted(found, key=str) == [
        {"__name__": "load", "pod": "cart-2"},
        {"__name__": "odd", "path": 'a"b\\n'},
    ]
    assert await metrics.series(["load"], T0 + timedelta(days=2), T0 + timedelta(days=3)) == []
    assert len(await metrics.series(['{__name__=~".+"}'], T0, T0 + 60 * SECOND)) == 3


@pytest.mark.system
async def test_a_step_that_gives_too_many_points_is_widened(metrics: Metrics) -> None:
    [series] = await metrics.query_range("sum(load)", T0, T0 + timedelta(hours=20), SECOND)
    assert len(series.times) < 11_000


@pytest.mark.system
@pytest.mark.parametrize(
    ("promql", "reason"),
    [
        ("sum(load", "parse error"),
        ('{__name__=~".+"}', "selects every series"),
        ("load[5m]", ""),
        ("load + on() load", ""),
    ],
)
async def test_a_query_that_is_refused_is_named(metrics: Metrics, promql: str, reason: str) -> None:
    with pytest.raises(BackendError) as refused:
        await metrics.query_range(promql, T0, T0 + 60 * SECOND, SECOND)
    assert str(refused.value).startswith(repr(promql))
    assert reason in str(refused.value)
    assert not refused.value.retry


@pytest.mark.system
async def test_a_query_longer_than_an_address_may_be_is_answered(address: str) -> None:
    client = Prometheus(address)
    pods = "|".join(f"cart-{number}" for number in range(3000))
    with pytest.raises(BackendError, match="at most 4,000 are allowed"):
        await client.query(f'load{{pod=~"{pods}"}}', T0)
    assert len(await client.query(f'load{{pod=~"{pods[:3900]}"}}', T0)) == 2
    await client.close()


@pytest.fixture
def server() -> Iterator[Saying]:
    with Saying(Answer(200, {"status": "success"})) as running:
        yield running


BAD_DATA = b'{"status":"error","errorType":"bad_data","error":"invalid parameter \\"time\\""}'


@pytest.mark.parametrize(
    ("misbehaviour", "reason", "retry"),
    [
        (Instead(Answer(400, BAD_DATA)), 'HTTP 400: bad_data: invalid parameter "time"', False),
        (Instead(Answer(503, "upstream down")), "HTTP 503: upstream down", True),
        (Instead(Answer(429)), "HTTP 429: with no explanation", True),
        (Instead(Answer(200, {"status": "success"})), "the answer is not one of Prometheus (KeyError)", False),
        (Instead(Answer(200, [])), "the answer is not one of Prometheus (TypeError)", False),
        (Instead(Answer(200, "[" * 100_000)), "the answer is not one of Prometheus (RecursionError)", False),
        (HANG, "no ", True),
        (Drip(0.05), "no ", True),
        (REDIRECT, "HTTP 302, a redirect: not followed", False),
        (HALF, "", True),
    ],
)
@pytest.mark.attack("S51")
async def test_a_failure_is_told_with_the_query_and_the_words_of_prometheus_and_not_retried(
    server: Saying, misbehaviour: Misbehaviour, reason: str, retry: bool
) -> None:
    server.plan(misbehaviour)
    client = Prometheus(server.url, deadline=deadline_for(misbehaviour))
    began = time.monotonic()
    with pytest.raises(BackendError) as failed:
        await client.query("up", T0)
    await client.close()
    assert str(failed.value).startswith(f"'up' at 2024-05-01T12:00:00Z: {reason}")
    assert (failed.value.retry, len(server.asked)) == (retry, 1)
    assert time.monotonic() - began < 30


NATIVE = (
    "the answer holds only native histograms: "
    "ask for histogram_count(), histogram_sum() or histogram_quantile() of them"
)


@pytest.mark.parametrize(
    ("asked", "found", "reason"),
    [
        ("query", b'[{"metric":{},"histogram":[1,{"count":"9"}]}]', NATIVE),
        ("query_range", b'[{"metric":{},"histograms":[[1,{"count":"9"}]]}]', NATIVE),
        ("query", b'[1714564800,"words"]', "the answer is not one of Prometheus (ValueError)"),
        ("query_range", b'[{"metric":{}}]', "the answer is not one of Prometheus (KeyError)"),
    ],
)
async def test_an_answer_without_numbers_is_an_error_that_says_so(
    server: Saying, asked: str, found: bytes, reason: str
) -> None:
    server.says = Answer(200, b'{"status":"success","data":{"result":' + found + b"}}")
    client = Prometheus(server.url)
    with pytest.raises(BackendError) as failed:
        await (client.query("up", T0) if asked == "query" else client.query_range("up", T0, T0, SECOND))
    await client.close()
    assert (str(failed.value)[:5], str(failed.value).endswith(f": {reason}")) == ("'up' ", True)


async def test_what_is_a_number_is_kept_beside_native_histograms(server: Saying) -> None:
    mixed = b'[{"metric":{"pod":"a"},"values":[[1,"2"]]},{"metric":{},"histograms":[[1,{"count":"9"}]]}]'
    server.says = Answer(200, b'{"status":"success","data":{"result":' + mixed + b"}}")
    client = Prometheus(server.url)
    [series] = await client.query_range("up", T0, T0, SECOND)
    await client.close()
    assert (dict(series.labels), series.values.tolist()) == ({"pod": "a"}, [2.0])


async def test_nonsense_and_floods_are_errors(server: Saying) -> None:
    client = Prometheus(server.url)
    for misbehaviour in (NONSENSE, Endless(), bomb()):
        server.plan(misbehaviour)
        with pytest.raises(BackendError, match=r"^metadata: "):
            await client.metadata()
    await client.close()


async def test_what_is_sent_carries_time_deadline_and_credentials(server: Saying) -> None:
    server.says = Answer(200, b'{"status":"success","data":{"resultType":"vector","result":[]}}')
    client = Prometheus(server.url.replace("//", "//ann:x@") + "/prom", headers={"X-Scope-OrgID": "a"})
    assert await client.query("up", T0) == []
    await client.close()
    [asked] = server.asked
    assert (asked.method, asked.path, asked.headers["x-scope-orgid"]) == ("POST", "/prom/api/v1/query", "a")
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.form == {"query": ["up"], "time": ["1714564800.000"], "timeout": ["10.000"]}


async def test_types_are_told_by_name_and_counters_by_their_series_too(server: Saying) -> None:
    types: dict[str, Any] = {"a": "counter", "b_total": "counter", "c": "histogram", "d": "stateset"}
    rows = ",".join(f'"{name}":[{{"type":"{kind}","help":"","unit":""}}]' for name, kind in types.items())
    server.says = Answer(200, b'{"status":"success","data":{' + rows.encode() + b"}}")
    client = Prometheus(server.url)
    assert await client.metadata() == {
        "a": "counter",
        "a_total": "counter",
        "b_total": "counter",
        "c": "histogram",
        "d": "unknown",
    }
    await client.close()
