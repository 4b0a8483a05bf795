"""The Datadog client against a local server of its shapes; and against one that misbehaves."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.farends.answers import HANG, Answer, Instead, Misbehaviour, deadline_for
from tests.farends.datadog import API_KEY, APPLICATION_KEY, DatadogFarEnd, Log, Metric, rate_limited
from tests.farends.loopback import Saying
from tools.base import BackendError, LogLine, LogSearch
from tools.clients.datadog import DatadogLogs, DatadogMetrics
from tools.observe.datadog import datadog_tools
from tools.observe.window import Window
from tools.wrap import Toolbox

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[DatadogFarEnd]:
    with DatadogFarEnd() as running:
        yield running


SITE = "datadoghq.com"


@pytest.fixture
async def logs(server: DatadogFarEnd) -> AsyncIterator[DatadogLogs]:
    made = DatadogLogs(SITE, API_KEY, APPLICATION_KEY, url=server.url)
    yield made
    await made.close()


@pytest.fixture
async def metrics(server: DatadogFarEnd) -> AsyncIterator[DatadogMetrics]:
    made = DatadogMetrics(SITE, API_KEY, APPLICATION_KEY, url=server.url)
    yield made
    await made.close()


async def test_lines_come_newest_first_with_what_the_event_says(server: DatadogFarEnd, logs: DatadogLogs) -> None:
    server.logs += [
        Log(T0, "cart", "GET / 200"),
        Log(T0 + SECOND, "mail", "db gone", "critical", ("pod_name:mail-1", "canary"), {"dd": {"trace_id": "t1"}}),
        Log(T0 + MINUTE, "cart", "too late"),
    ]
    page = await logs.search(LogSearch(T0, T0 + MINUTE))
    tags = {"pod_name": "mail-1", "canary": ""}
    assert page.lines == (
        LogLine(T0 + SECOND, "mail", "db gone", "error", pod="mail-1", trace="t1", labels=tags),
        LogLine(T0, "cart", "GET / 200", "info"),
    )
    assert (page.total, page.truncated) == (2, False)
    assert page.query == "logs '*' in [2026-03-01T12:00:00+00:00, 2026-03-01T12:01:00+00:00)"


async def test_services_levels_and_text_narrow_the_search(server: DatadogFarEnd, logs: DatadogLogs) -> None:
    server.logs += [
        Log(T0 + place * SECOND, service, f"{service} Connection Timeout (a", status)
        for place, (service, status) in enumerate(
            (service, status) for service in ("cart", "front-end", "mail") for status in ("info", "error", "warn")
        )
    ]
    page = await logs.search(
        LogSearch(
            T0, T0 + MINUTE, services=("cart", "front-end"), levels=("error", "warning"), text="connection timeout (a"
        )
    )
    assert [(line.service, line.level) for line in page.lines] == [
        ("front-end", "warning"),
        ("front-end", "error"),
        ("cart", "warning"),
        ("cart", "error"),
    ]
    asked = server.asked[-1].json()["filter"]
    assert asked["query"] == (
        'service:("cart" OR "front-end") status:(emergency OR alert OR critical OR error OR warn) '
        '"connection timeout (a"'
    )


async def test_pages_are_read_until_the_limit(server: DatadogFarEnd, logs: DatadogLogs) -> None:
    server.logs += [Log(T0 + timedelta(milliseconds=place), "cart", f"line {place}") for place in range(2500)]
    page = await logs.search(LogSearch(T0, T0 + MINUTE, limit=2200))
    assert (len(page.lines), page.lines[-1].message, page.truncated) == (2200, "line 300", True)
    assert [asked.json()["page"] for asked in server.asked] == [
        {"limit": 1000},
        {"limit": 1000, "cursor": "1000"},
        {"limit": 200, "cursor": "2000"},
    ]
    all_of_them = await logs.search(LogSearch(T0, T0 + MINUTE, limit=9000))
    assert (len(all_of_them.lines), all_of_them.truncated) == (2500, False)
    server.late = True
    assert (await logs.search(LogSearch(T0, T0 + MINUTE, limit=9000))).truncated


@pytest.mark.parametrize(
    "text", ['" OR service:*', "a) OR (b", '\\" OR *', "*", "-status:info", "line\nbreak", "\ud800"]
)
@pytest.mark.attack("S46")
async def test_whatever_the_text_and_the_service_hold_they_stay_values(
    server: DatadogFarEnd, logs: DatadogLogs, text: str
) -> None:
    server.logs.append(Log(T0, "cart", "harmless"))
    assert (await logs.search(LogSearch(T0, T0 + MINUTE, text=text))).lines == ()
    assert (await logs.search(LogSearch(T0, T0 + MINUTE, services=(text,)))).lines == ()


async def test_a_metric_query_gives_a_series_a_group(server: DatadogFarEnd, metrics: DatadogMetrics) -> None:
    begin = T0.timestamp()
    server.series += [
        Metric("cpu.user", {"host": "a", "env": "prod"}, [(begin, 1.0), (begin + 20, None)]),
        Metric("cpu.user", {"host": "b", "env": "prod"}, [(begin, 3.0)]),
        Metric("cpu.user", {"host": "c", "env": "dev"}, [(begin, 9.0)]),
    ]
    one, other = await metrics.query_metrics("avg:cpu.user{env:prod} by {host}", T0, T0 + MINUTE)
    assert (one.name, dict(one.labels), one.times.tolist()) == ("cpu.user", {"host": "a"}, [begin, begin + 20])
    assert (one.values[0], np.isnan(one.values[1]), dict(other.labels)) == (1.0, True, {"host": "b"})
    [both] = await metrics.query_metrics("sum:cpu.user{env:prod}", T0, T0)
    assert (dict(both.labels), both.values.tolist()) == ({}, [4.0])
    asked = server.asked[0]
    assert (asked.path, dict(asked.query)) == (
        "/api/v1/query",
        {"from": ["1772366400"], "to": ["1772366460"], "query": ["avg:cpu.user{env:prod} by {host}"]},
    )


async def test_the_tool_tells_a_model_the_change(server: DatadogFarEnd, metrics: DatadogMetrics) -> None:
    begin = T0.timestamp()
    points = [(begin + second, 1.0 if second < 0 else 5.0) for second in range(-600, 600, 20)]
    server.series.append(Metric("cpu.user", {"service": "cart"}, points))
    box = Toolbox(datadog_tools(metrics, Window(T0, T0 + 9 * MINUTE)))
    result = await box.call("query_datadog_metrics", {"query": "avg:cpu.user{*} by {service}"})
    assert result.text.splitlines()[1].startswith('cpu.user{service="cart"}: before 1, after 5 (5 times); first 1')
    assert result.entities == ("cart",)
    refused = await box.call("query_datadog_metrics", {"query": "cpu.user"})
    assert (refused.ok, "HTTP 400: Error parsing query: unable to parse cpu.user" in refused.text) == (False, True)


@pytest.mark.parametrize(
    ("misbehaviour", "reason"),
    [
        (Instead(rate_limited()), "HTTP 429: rate limit batch_query reached, free again in 42 s"),
        (Instead(Answer(500, {"errors": ["Internal server error"]})), "HTTP 500: Internal server error"),
        (HANG, "no complete answer from "),
    ],
)
async def test_a_failure_is_told_with_the_query_and_may_be_tried_again(
    server: DatadogFarEnd, misbehaviour: Misbehaviour, reason: str
) -> None:
    server.plan(misbehaviour, times=2)
    logs = DatadogLogs(SITE, API_KEY, APPLICATION_KEY, url=server.url, deadline=deadline_for(misbehaviour))
    metrics = DatadogMetrics(SITE, API_KEY, APPLICATION_KEY, url=server.url, deadline=deadline_for(misbehaviour))
    for ask in (logs.search(LogSearch(T0, T0 + MINUTE)), metrics.query_metrics("avg:x{*}", T0, T0 + MINUTE)):
        with pytest.raises(BackendError) as failed:
            await ask
        assert reason in str(failed.value)
        assert str(failed.value).startswith(("logs '*' in [2026", "'avg:x{*}' from 2026"))
        assert failed.value.retry
    await logs.close()
    await metrics.close()
    assert len(server.asked) == 2


async def test_wrong_keys_are_refused_and_never_shown(server: DatadogFarEnd) -> None:
    logs = DatadogLogs(SITE, "secret-api", "secret-app", url=server.url)
    with pytest.raises(BackendError) as refused:
        await logs.search(LogSearch(T0, T0 + MINUTE))
    assert str(refused.value).endswith("HTTP 403: Forbidden")
    assert "secret" not in str(refused.value)
    assert server.asked[0].headers["dd-api-key"] == "secret-api"
    await logs.close()


@pytest.mark.parametrize("query", ["", "x" * 1001, "avg:x{*}\nby {y}", "\x00"])
@pytest.mark.attack("S46")
async def test_a_query_that_is_no_line_is_not_sent(server: DatadogFarEnd, metrics: DatadogMetrics, query: str) -> None:
    with pytest.raises(BackendError, match="a query is one line"):
        await metrics.query_metrics(query, T0, T0 + MINUTE)
    assert server.asked == []


@pytest.mark.parametrize("site", ["", "evil.example/path", "datadoghq.com@evil.example", "localhost", "a..b"])
@pytest.mark.attack("S51")
def test_a_site_that_is_none_is_refused(site: str) -> None:
    with pytest.raises(BackendError, match="is no Datadog site"):
        DatadogLogs(site, "a", "b")


ANSWERS: list[object] = [
    [],
    {},
    {"data": [{}]},
    {"series": [{}]},
    {"data": 1, "series": [{"metric": "x", "pointlist": [1]}]},
]


@pytest.mark.parametrize("answer", [*ANSWERS, "<html>"])
async def test_an_answer_that_is_not_one_of_datadog_is_an_error(answer: object) -> None:
    with Saying(Answer(200, answer)) as server:
        logs = DatadogLogs(SITE, "a", "b", url=server.url)
        metrics = DatadogMetrics(SITE, "a", "b", url=server.url)
        for ask in (logs.search(LogSearch(T0, T0 + MINUTE)), metrics.query_metrics("avg:x{*}", T0, T0 + MINUTE)):
            with pytest.raises(BackendError, match=r"the answer is not (one of Datadog|JSON)"):
                await ask
        server.says = Answer(200, {"status": "error", "error": "metric is unknown"})
        with pytest.raises(BackendError, match="metric is unknown"):
            await metrics.query_metrics("avg:x{*}", T0, T0 + MINUTE)
        await logs.close()
        await metrics.close()
