"""Are alerts read the way people name them?"""

from datetime import UTC, datetime

import pytest

from agent.analysis.symptom import spoken_of, symptom_of
from agent.domain.alert import Alert, AlertStatus, Severity
from agent.domain.incident import Symptom


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


def test_summaries_that_speak_of_two_kinds_of_trouble_speak_of_none() -> None:
    assert symptom_of([_alert("Watchdog", "failed or slow requests")]) is Symptom.OTHER


def test_alerts_that_speak_of_different_things_speak_of_none() -> None:
    alerts = [_alert("HighLatency"), _alert("HighErrorRatio"), _alert("Watchdog")]

    assert [spoken_of(alerts, Symptom.ERRORS), spoken_of(alerts[::2], None)] == [Symptom.OTHER, Symptom.LATENCY]
