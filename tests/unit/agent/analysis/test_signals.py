import pytest

from agent.analysis.signals import Meaning, Signal, component, edge, meaning


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("http_request_duration_seconds", Meaning(Signal.LATENCY, 1)),
        ("service:latency_p95_seconds", Meaning(Signal.LATENCY, 1)),
        ("http_client_request_duration_seconds", Meaning(Signal.OUTGOING_LATENCY, 1)),
        ("span_self_time_ms", Meaning(Signal.SELF_TIME, 1)),
        ("edge:error_ratio", Meaning(Signal.ERRORS, 1)),
        ("service_availability_percent", Meaning(Signal.AVAILABILITY, -1)),
        ("http_requests_total", Meaning(Signal.TRAFFIC, 0)),
        ("container_cpu_usage_seconds_total", Meaning(Signal.CPU, 1)),
        ("container_cpu_cfs_throttled_periods_total", Meaning(Signal.CPU, 1)),
        ("instance:CPUUsage", Meaning(Signal.CPU, 1)),
        ("process_resident_memory_bytes", Meaning(Signal.MEMORY, 1)),
        ("node_memory_MemAvailable_bytes", Meaning(Signal.MEMORY, -1)),
        ("node_filesystem_avail_bytes", Meaning(Signal.DISK, -1)),
        ("container_fs_reads_total", Meaning(Signal.DISK, 1)),
        ("node_network_receive_bytes_total", Meaning(Signal.NETWORK, 0)),
        ("rpc_network_ms", Meaning(Signal.NETWORK, 1)),
        ("node_netstat_Tcp_RetransSegs_retrans", Meaning(Signal.NETWORK, 1)),
        ("process_open_fds", Meaning(Signal.POOL, 1)),
        ("db_pool_in_use", Meaning(Signal.POOL, 1)),
        ("kube_pod_container_status_restarts_total", Meaning(Signal.RESTARTS, 1)),
        ("process_start_time_seconds", Meaning(Signal.RESTARTS, 1)),
        ("up", Meaning(Signal.RESTARTS, -1)),
        ("grpc_server_handled_total", Meaning(Signal.TRAFFIC, 0)),
        ("rabbitmq_queue_messages_ready", Meaning(Signal.POOL, 1)),
        ("redis_connected_clients", Meaning(Signal.POOL, 1)),
        ("kafka_consumergroup_current_offset", Meaning(Signal.OTHER, 0)),
        ("business_kpi", Meaning(Signal.OTHER, 0)),
    ],
)
def test_a_metric_is_known_by_the_words_in_its_name(metric: str, expected: Meaning) -> None:
    assert meaning(metric, {}) == expected


def test_a_status_label_turns_requests_into_errors() -> None:
    found = [meaning("http_requests_total", {"code": code}).signal for code in ("200", "404", "500", "5xx")]

    assert found == [Signal.TRAFFIC, Signal.TRAFFIC, Signal.ERRORS, Signal.ERRORS]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"service": "cart", "pod": "cart-5d9c-x2x4z"}, "cart"),
        ({"pod": "cart-5f6585d649-fnmft"}, "cart"),
        ({"pod": "store-0"}, "store"),
        ({"pod": "cart-redis"}, "cart-redis"),
        ({"kubernetes_pod_name": "cart-5f6585d649-fnmft"}, "cart"),
        ({"kubernetes_name": "cart", "job": "kubernetes-service-endpoints"}, "cart"),
        ({"consumergroup": "cart", "topic": "orders", "job": "kafka-exporter"}, "cart"),
        ({"exported_job": "cart", "job": "collector"}, "cart"),
        ({"deployment": "cart"}, "cart"),
        ({"service": "front", "target": "cart"}, "cart"),
        ({"source": "front", "destination": "cart"}, "cart"),
        ({"instance": "10.0.0.7:9100"}, "10.0.0.7:9100"),
        ({"quantile": "0.5"}, ""),
        ({"job": "shop/cart", "instance": "10.0.0.7:8080"}, "cart"),
        ({"exported_service": "cart", "service": "pushgateway"}, "cart"),
        ({"destination_workload": "unknown", "destination_service": "cart.shop.svc.cluster.local"}, "cart"),
        ({"server_address": "cart.shop.svc:8080", "service_name": "front"}, "cart"),
    ],
)
def test_the_component_is_named_by_the_usual_labels(labels: dict[str, str], expected: str) -> None:
    assert component(labels) == expected


def test_an_exporter_is_not_the_object_that_it_tells_of() -> None:
    scraped = {"service": "kubelet", "job": "kubelet", "container": "server", "pod": "cart-5f6585d649-fnmft"}

    assert component(scraped, metric="container_memory_working_set_bytes") == "cart"
    assert component(scraped, metric="kubelet_running_pods") == "kubelet"
    moved = {"pod": "kube-state-metrics-5f6585d649-fnmft", "exported_pod": "cart-5f6585d649-fnmft"}
    assert component(moved, metric="kube_pod_container_status_restarts_total") == "cart"


def test_a_mesh_names_caller_and_target() -> None:
    labels = {"source_workload": "front", "destination_workload": "cart", "app": "cart", "reporter": "source"}

    assert edge(labels, metric="istio_requests_total") == ("front", "cart")
    assert edge({**labels, "source_workload": "unknown", "app": "cart"}) is None


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"grpc_code": "Unavailable"}, Signal.ERRORS),
        ({"grpc_code": "OK"}, Signal.TRAFFIC),
        ({"rpc_grpc_status_code": "14"}, Signal.ERRORS),
        ({"rpc_grpc_status_code": "0"}, Signal.TRAFFIC),
        ({"status_code": "STATUS_CODE_ERROR"}, Signal.ERRORS),
        ({"classification": "failure"}, Signal.ERRORS),
        ({"outcome": "SERVER_ERROR"}, Signal.ERRORS),
        ({"outcome": "SUCCESS"}, Signal.TRAFFIC),
    ],
)
def test_each_convention_has_its_words_for_a_failure(labels: dict[str, str], expected: Signal) -> None:
    assert meaning("rpc_calls_total", labels).signal is expected


def test_the_configured_label_goes_first() -> None:
    assert component({"service": "mesh", "unit": "cart"}, "unit") == "cart"


def test_two_labels_name_an_edge() -> None:
    found = [edge(labels) for labels in ({"service": "a", "target": "b"}, {"src": "a", "dst": "b"}, {"service": "a"})]

    assert found == [("a", "b"), ("a", "b"), None]
