import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.ingest.datadog import parse

NOW = datetime(2026, 11, 21, 19, 37, 0, 0, UTC)
DATE = datetime(2023, 11, 14, 22, 13, 20, 0, UTC)
OURS = {
    "id": "6789",
    "alert_id": "1234",
    "cycle_key": "990011",
    "aggreg_key": "9bd4ac313a4d1e8fae2482df7b77628",
    "title": "[P1] [Triggered on {host:web-1}] Error rate is high",
    "body": "Error rate was above 5 %",
    "transition": "Triggered",
    "alert_type": "error",
    "priority": "P1",
    "query": "avg(last_5m):sum:trace.errors{service:cart} > 5",
    "scope": "host:web-1,env:prod",
    "metric": "trace.errors",
    "hostname": "web-1",
    "tags": "env:prod,host:web-1,monitor,service:cart,team:a,team:b",
    "link": "https://app.datadoghq.com/event/jump_to?event_id=6789",
    "snapshot": "",
    "date": "1700000000000",
    "last_updated": "1700000000000",
    "org": {"id": "11", "name": "shop"},
}


def read(**changed: Any) -> Alert:
    (alert,), unparsed = parse(json.dumps({**OURS, **changed}).encode(), NOW)
    assert unparsed == []
    return alert


def test_our_template() -> None:
    assert read() == Alert(
        integration="datadog",
        name="Error rate is high",
        status=AlertStatus.FIRING,
        severity=Severity.CRITICAL,
        labels={
            "alertname": "Error rate is high",
            "monitor_id": "1234",
            "host": "web-1",
            "env": "prod",
            "service": "cart",
            "team": "a,b",
        },
        annotations={
            "description": "Error rate was above 5 %",
            "query": "avg(last_5m):sum:trace.errors{service:cart} > 5",
            "metric": "trace.errors",
            "event_id": "6789",
        },
        starts_at=DATE,
        starts_at_known=False,
        link="https://app.datadoghq.com/event/jump_to?event_id=6789",
        fingerprint="9bd4ac313a4d1e8fae2482df7b77628",
        sender_key="11/1234/env:prod,host:web-1",
        sender_episode="990011",
    )


def test_keeps_template() -> None:
    body = {
        "body": "…",
        "last_updated": "1700000000000",
        "event_type": "query_alert_monitor",
        "title": "[Recovered] Error rate is high",
        "severity": "P2",
        "alert_type": "success",
        "alert_query": "avg(…)",
        "alert_transition": "Recovered",
        "date": "1700000000000",
        "scopes": "host:web-1",
        "org": {"id": "11", "name": "shop"},
        "url": "https://app.datadoghq.com/x",
        "tags": "service:cart",
        "id": "6790",
        "monitor_id": "1234",
    }
    (alert,), unparsed = parse(json.dumps(body).encode(), NOW)

    assert unparsed == []
    assert (alert.name, alert.status, alert.ends_at) == ("Error rate is high", AlertStatus.RESOLVED, DATE)
    assert (alert.severity, alert.sender_key, alert.sender_episode) == (Severity.HIGH, "11/1234/host:web-1", "")
    assert (alert.service, alert.link) == ("cart", "https://app.datadoghq.com/x")


@pytest.mark.parametrize(
    ("transition", "status", "severity"),
    [
        ("Triggered", "firing", "critical"),
        ("Re-Triggered", "firing", "critical"),
        ("Warn", "firing", "medium"),
        ("Re-Warn", "firing", "medium"),
        ("No Data", "firing", "critical"),
        ("Re-No Data", "firing", "critical"),
        ("Renotify", "firing", "critical"),
        ("Recovered", "resolved", "critical"),
    ],
)
def test_transitions(transition: str, status: str, severity: str) -> None:
    alert = read(transition=transition)

    assert (alert.status, alert.severity) == (status, severity)
    assert alert.occurrence == read().occurrence


def test_every_variable_unset() -> None:
    assert parse(json.dumps({name: f"${name.upper()}" for name in OURS}).encode(), NOW)[0] == []
    unset = {name: f"${name.upper()}" for name in OURS} | {"title": "CPU is high", "org": {"id": "$ORG_ID"}}
    (alert,), _ = parse(json.dumps(unset).encode(), NOW)

    assert alert == Alert(
        integration="datadog",
        name="CPU is high",
        status=AlertStatus.FIRING,
        severity=Severity.MEDIUM,
        labels={"alertname": "CPU is high"},
        starts_at=NOW,
        starts_at_known=False,
    )


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"transition": "", "title": "[Recovered] x"}, "resolved"),
        ({"transition": "$ALERT_TRANSITION", "alert_type": "success"}, "resolved"),
        ({"transition": "", "title": "x", "alert_type": "warning"}, "firing"),
    ],
)
def test_without_a_transition_title_and_type_tell(changed: dict[str, str], status: str) -> None:
    assert read(**changed).status == status


def test_tags_without_monitor_and_with_odd_ones() -> None:
    assert read(tags="service:cart,canary,,a:b:c,*", scope="*").labels == {
        "alertname": "Error rate is high",
        "monitor_id": "1234",
        "host": "web-1",
        "service": "cart",
        "canary": "true",
        "a": "b:c",
    }


def test_identity_survives_other_tags_and_another_order_of_the_scope() -> None:
    assert read(tags="x:y", scope="env:prod, host:web-1", title="other").occurrence == read().occurrence
    assert read(scope="host:web-2").series != read().series


def test_numbers_that_a_template_left_unquoted() -> None:
    alert = read(date=1700000000000, alert_id=1234, org={"id": 11})

    assert (alert.starts_at, alert.sender_key) == (DATE, "11/1234/env:prod,host:web-1")


@pytest.mark.parametrize("body", [b"[1]", b'{"alert_id": ""}', b'{"title": null}', b"{}", b"not json"])
def test_what_is_no_event_is_kept(body: bytes) -> None:
    alerts, unparsed = parse(body, NOW)

    assert (alerts, len(unparsed)) == ([], 1)
