import json
from datetime import UTC, datetime

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.ingest.grafana import parse

NOW = datetime(2026, 11, 21, 19, 37, 0, 0, UTC)


def test_grafanas_additions_become_annotations_and_the_link() -> None:
    body = {
        "receiver": "agent",
        "status": "firing",
        "orgId": 1,
        "version": "1",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "title": "[FIRING:1]",
        "state": "alerting",
        "message": "…",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "High memory", "team": "blue", "service": "cart", "severity": "warning"},
                "annotations": {"summary": "memory is high"},
                "startsAt": "2021-10-12T09:51:03.157076+02:00",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "https://grafana.example.com/alerting/1/edit",
                "fingerprint": "c6eadffa33fcdf37",
                "silenceURL": "https://grafana.example.com/alerting/silence/new",
                "dashboardURL": "",
                "panelURL": "https://grafana.example.com/d/x?viewPanel=2",
                "imageURL": None,
                "values": {"B": 44.2394, "C": 1},
                "valueString": "[ var='B' value=44.2394 ]",
            }
        ],
    }

    assert parse(json.dumps(body).encode(), NOW) == (
        [
            Alert(
                integration="grafana",
                name="High memory",
                status=AlertStatus.FIRING,
                severity=Severity.MEDIUM,
                labels={"alertname": "High memory", "team": "blue", "service": "cart", "severity": "warning"},
                annotations={
                    "summary": "memory is high",
                    "valueString": "[ var='B' value=44.2394 ]",
                    "values": "B = 44.2394, C = 1",
                    "silenceURL": "https://grafana.example.com/alerting/silence/new",
                    "panelURL": "https://grafana.example.com/d/x?viewPanel=2",
                },
                starts_at=datetime(2021, 10, 12, 7, 51, 3, 157_076, UTC),
                link="https://grafana.example.com/d/x?viewPanel=2",
                fingerprint="c6eadffa33fcdf37",
            )
        ],
        [],
    )


def test_odd_values_do_not_lose_the_alert() -> None:
    body = {
        "alerts": [{"status": "resolved", "labels": {"alertname": "A"}, "values": None, "panelURL": 3, "endsAt": 7e300}]
    }
    (alert,), unparsed = parse(json.dumps(body).encode(), NOW)

    assert (alert.name, alert.status, alert.ends_at, alert.link, unparsed) == ("A", "resolved", NOW, "", [])
