from datetime import timedelta

import numpy as np
import promql_parser
import pytest

from agent.analysis import signals, survey_plan
from agent.analysis.survey_plan import Ask, plan, scopes, window
from tests.unit.agent.analysis.made import NOW, alert
from tools.base import BackendError, Series

STEP = timedelta(seconds=15)
FOUND = [
    {"__name__": "service:error_ratio", "service": "cart"},
    {"__name__": "http_requests_total", "service": "cart", "route": "/", "code": "200"},
    {"__name__": "http_request_duration_seconds_bucket", "service": "cart", "le": "0.1"},
    {"__name__": "http_request_duration_seconds_sum", "service": "cart"},
    {"__name__": "http_request_duration_seconds_count", "service": "cart"},
    {"__name__": "http_client_requests_total", "service": "cart", "target": "store", "code": "500"},
    {"__name__": "process_start_time_seconds", "service": "cart"},
    {"__name__": "go_gc_duration_seconds", "service": "cart"},
    {"__name__": "scrape_duration_seconds", "service": "cart"},
]
FAILING = f'code=~"{signals.failing("code")}"'


def test_gauges_go_raw_counters_as_rates_and_histograms_as_mean_and_quantile() -> None:
    by, bucket = "sum by (service)", "http_request_duration_seconds"

    asked = plan(FOUND, {}, [], step=STEP)

    assert sorted(ask.promql for ask in asked.asks) == sorted(
        [
            "service:error_ratio",
            "process_start_time_seconds",
            f"{by} (rate(http_requests_total[60s]))",
            f"{by} (rate(http_requests_total{{{FAILING}}}[60s]))",
            "sum by (service, target) (rate(http_client_requests_total[60s]))",
            f"sum by (service, target) (rate(http_client_requests_total{{{FAILING}}}[60s]))",
            f"histogram_quantile(0.95, sum by (service, le) (rate({bucket}_bucket[60s])))",
            f"{by} (rate({bucket}_sum[60s])) / {by} (rate({bucket}_count[60s]))",
            f"{by} (rate({bucket}_count[60s]))",
        ]
    )
    assert asked.left_out == ("2 metrics that exporters keep about themselves were not asked for.",)


def test_every_query_parses() -> None:
    for ask in plan(FOUND, {}, [], step=STEP, scope='{namespace="shop"}').asks:
        promql_parser.parse(ask.promql)
        assert 'namespace="shop"' in ask.promql


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ('{__name__=~"service:.+"}', "service:error_ratio"),
        ("service:error_ratio", "service:error_ratio"),
        ('{__name__!="up", team!~"a|b", env="\\"x"}', 'service:error_ratio{team!~"a|b",env="\\"x"}'),
        ('{env="a" or env="b"}', "service:error_ratio"),
    ],
)
def test_a_scope_narrows_by_its_labels_since_each_query_names_its_metric_itself(scope: str, asked: str) -> None:
    asks = plan(FOUND[:1], {}, [], step=STEP, scope=scope).asks

    promql_parser.parse(asks[0].promql)
    assert [ask.promql for ask in asks] == [asked]


def test_a_scope_that_is_no_selector_is_refused() -> None:
    with pytest.raises(BackendError, match="not a selector"):
        plan(FOUND[:1], {}, [], step=STEP, scope="sum(up)")


def test_a_reading_carries_the_query_for_its_series_alone() -> None:
    ask = Ask("http_requests_total", "sum by (service) (rate(http_requests_total%s[60s]))", labels={"stat": "rate"})
    answer = Series("", {"service": 'a"b'}, np.array([1.0]), np.array([2.0]))

    reading = ask.readings([answer])[0]

    assert reading.asked == 'sum by (service) (rate(http_requests_total{service="a\\"b"}[60s]))'
    assert (reading.series.name, reading.series.labels) == ("http_requests_total", {"service": 'a"b', "stat": "rate"})


def test_a_metric_of_too_many_series_is_summed_up_first() -> None:
    many = [
        {"__name__": "queue_length", "service": "cart", "shard": str(n)} for n in range(survey_plan.MOST_OF_ONE + 1)
    ]

    assert [ask.promql for ask in plan(many, {}, [], step=STEP).asks] == ["max by (service) (queue_length)"]


def test_what_the_limits_leave_out_is_told_and_what_the_alert_names_is_not_left_out() -> None:
    found = [{"__name__": f"m{n}", "service": "cart"} for n in range(5)]

    asked = plan(found, {}, [alert("X", NOW, sli="m3")], step=STEP, max_queries=1)

    assert [ask.promql for ask in asked.asks] == ["m3"]
    assert asked.left_out == ("4 metrics were left out to stay within the survey's limits: m0, m1, m2, m4.",)


def test_a_rate_never_leaves_a_step_out() -> None:
    asked = plan([{"__name__": "x_total", "service": "a"}], {}, [], step=timedelta(minutes=5))

    assert [ask.promql for ask in asked.asks] == ["sum by (service) (rate(x_total[600s]))"]


def test_selectors_narrow_first_and_everything_last() -> None:
    one = alert("X", NOW, namespace="shop", env="prod")

    assert scopes([one], []) == [['{namespace="shop"}'], ['{env="prod"}'], [survey_plan.EVERYTHING]]
    assert scopes([one], ["up", "x"]) == [["up", "x"]]
    odd = alert("X", NOW, namespace='a"\n\x00\ud800')
    assert scopes([odd], [])[0] == [r'{namespace="a\"\n\x00?"}']


def test_the_window_holds_a_hundred_steps_of_history() -> None:
    one = alert("X", NOW - timedelta(minutes=5))
    hour = timedelta(hours=1)

    found = [window([one], NOW, hour, step) for step in (STEP, timedelta(minutes=5))]

    start = one.starts_at
    assert found == [(start - hour, NOW), (start - timedelta(minutes=500), NOW)]


def test_the_window_is_whole_steps_back_from_now_whenever_the_alert_started() -> None:
    step = timedelta(minutes=5)
    alerts = [alert("X", NOW - timedelta(minutes=5, seconds=late)) for late in (0, 1, 299)]

    assert {(NOW - window([one], NOW, timedelta(hours=1), step)[0]) % step for one in alerts} == {timedelta(0)}


def test_a_timer_without_buckets_tells_a_mean_a_count_and_what_failed() -> None:
    labels = {"application": "cart", "uri": "/", "status": "200"}
    timer = [{"__name__": f"http_server_requests_seconds_{part}", **labels} for part in ("sum", "count")]

    asks = plan(timer, {"http_server_requests_seconds": "summary"}, [], step=STEP).asks

    by, name = "sum by (application)", "http_server_requests_seconds"
    failed = f'status=~"{signals.failing("status")}"'
    assert [(ask.metric, ask.promql) for ask in asks] == [
        (name, f"{by} (rate({name}_sum[60s])) / {by} (rate({name}_count[60s]))"),
        ("http_server_requests", f"{by} (rate({name}_count[60s]))"),
        ("http_server_requests", f"{by} (rate({name}_count{{{failed}}}[60s]))"),
    ]


def test_how_busy_a_machine_is_leaves_its_idle_time_out() -> None:
    found = [{"__name__": "node_cpu_seconds_total", "instance": "a:9100", "mode": mode} for mode in ("idle", "user")]

    [asked] = plan(found, {}, [], step=STEP).asks

    assert asked.promql == 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[60s]))'
