import pytest

from tests.unit.agent.analysis.made import NOW, alert

POD = "cart-5f6585d649-fnmft"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"service": "cart", "job": "shop", "pod": POD}, "cart"),
        ({"job": "cart", "instance": "10.0.0.7:8080"}, "cart"),
        (
            {"service": "monitoring-kube-state-metrics", "job": "kube-state-metrics", "pod": POD, "container": "a"},
            "cart",
        ),
        ({"job": "kube-state-metrics", "pod": "kube-state-metrics-5f6585d649-fnmft", "exported_pod": POD}, "cart"),
        ({"job": "kube-state-metrics", "deployment": "cart", "instance": "10.0.0.7:8080"}, "cart"),
        ({"job": "kubelet", "pod": "store-0"}, "store"),
        ({"job": "kubelet", "pod": "fluentd-x7k2p"}, "fluentd"),
        ({"job": "kubelet", "pod": "kube-apiserver-node1"}, "kube-apiserver-node1"),
        ({"job": "kubelet", "pod": "payment-gateway-cache"}, "payment-gateway-cache"),
        ({"job": "node-exporter", "pod": "node-exporter-fnmft", "instance": "10.0.0.7:9100"}, "10.0.0.7:9100"),
        ({"job": "kube-state-metrics"}, "kube-state-metrics"),
        ({"team": "a"}, ""),
    ],
)
def test_an_alert_speaks_of_what_was_measured_not_of_the_exporter(labels: dict[str, str], expected: str) -> None:
    assert alert("KubePodCrashLooping", NOW, **labels).service == expected
