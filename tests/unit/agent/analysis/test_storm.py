from datetime import timedelta

from agent.analysis.storm import blame
from agent.analysis.topology import Graph
from agent.domain.alert import Alert
from tests.unit.agent.analysis.made import NOW, alert

PODS = [f"{service}-{number}" for service in ("a", "b", "c") for number in (0, 1, 2)]
HOST_OF = {pod: f"host-{pod[-1]}" for pod in PODS}
GRAPH = Graph(
    callees={
        **{service: frozenset(p for p in PODS if p.startswith(service)) for service in "abc"},
        **{pod: frozenset({HOST_OF[pod]}) for pod in PODS},
    },
    nodes=frozenset([*PODS, *"abc", *HOST_OF.values()]),
    kinds={**dict.fromkeys(PODS, "service_instance"), **dict.fromkeys(HOST_OF.values(), "host")},
)


def _alerts(metric: str, *components: str) -> list[Alert]:
    at = NOW - timedelta(minutes=2)
    return [alert("MetricAnomaly", at, component=one, metric=metric) for one in components]


def _first(alerts: list[Alert]) -> str:
    return blame(alerts, GRAPH, "service")[0].component


def test_an_alert_that_everybody_raises_blames_less_than_a_rare_one() -> None:
    assert _first(_alerts("memory_usage", *PODS) + _alerts("cpu_usage", "b-1")) == "b-1"


def test_what_all_instances_share_and_others_do_not_blames_the_service() -> None:
    assert _first(_alerts("cpu_usage", "b-0", "b-1", "b-2")) == "b"


def test_what_all_on_one_host_share_blames_the_host() -> None:
    assert _first(_alerts("disk_io_reads", "a-2", "b-2", "c-2")) == "host-2"


def test_slow_calls_are_an_echo() -> None:
    slow = [alert("SlowCalls", NOW, component="a-0", metric="latency_seconds", operation=str(n)) for n in range(9)]

    assert _first(slow + _alerts("cpu_usage", "c-1")) == "c-1"


def test_alerts_about_the_same_quantity_are_no_independent_witnesses() -> None:
    said = [alert("LogPatternAnomaly", NOW, component="a-0", template=str(n)) for n in range(3)]

    assert _first(said + _alerts("cpu_usage", "c-1")) == "c-1"


def test_alerts_about_different_quantities_add_up() -> None:
    both = _alerts("cpu_usage", "c-1") + _alerts("disk_io_reads", "c-1")

    assert _first(both + _alerts("memory_usage_MB", "a-0") + _alerts("memory_limit_percent", "a-0")) == "c-1"


def test_blame_tells_the_most_telling_alert_with_its_counts() -> None:
    first = blame(_alerts("memory_usage", *PODS) + _alerts("cpu_usage", "b-1"), GRAPH, "service")[0]

    assert (first.alerts, first.telling[0]) == (2, ("MetricAnomaly cpu_usage", 1, 1))


def test_no_alerts_blame_nobody() -> None:
    assert blame([], GRAPH, "service") == []
