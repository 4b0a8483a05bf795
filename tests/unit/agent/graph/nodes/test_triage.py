"""Are alerts read the way people name them?"""

from datetime import UTC, datetime

import pytest

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.domain.incident import Symptom
from agent.graph.nodes.triage import symptom_of


def _alert(name: str, summary: str = "") -> Alert:
    return Alert(
        integration="alertmanager",
        name=name,
        status=AlertStatus.FIRING,
        severity=Severity.HIGH,
        labels={"alertname": name},
        annotations={"summary": summary},
        starts_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "summary", "symptom"),
    [
        ("ShopHighErrorRate", "", Symptom.ERRORS),
        ("HighRequestLatency", "", Symptom.LATENCY),
        ("TargetDown", "", Symptom.AVAILABILITY),
        ("KubePodCrashLooping", "", Symptom.AVAILABILITY),
        ("ContainerCpuThrottling", "", Symptom.SATURATION),
        ("TrafficSpike", "", Symptom.TRAFFIC),
        ("SLOBurn", "requests are slow since noon", Symptom.LATENCY),
        ("Watchdog", "all is well", Symptom.OTHER),
    ],
)
def test_the_name_speaks_before_the_summary(name: str, summary: str, symptom: Symptom) -> None:
    assert symptom_of([_alert(name, summary)]) is symptom
