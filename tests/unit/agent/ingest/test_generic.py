import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.ingest.generic import parse

NOW = datetime(2026, 11, 21, 19, 37, 0, 0, UTC)
FULL = {
    "title": "Disk full",
    "status": "firing",
    "severity": "high",
    "service": "db",
    "description": "97 % of /var",
    "labels": {"env": "prod", "service": "ignored"},
    "annotations": {"runbook": "r1"},
    "starts_at": "2026-11-21T19:36:08Z",
    "ends_at": None,
    "link": "https://example.com/x",
    "key": "db-disk",
}


def read(content: Any) -> list[Alert]:
    alerts, unparsed = parse(json.dumps(content).encode(), NOW)
    assert unparsed == []
    return alerts


def test_the_documented_shape() -> None:
    assert read(FULL) == [
        Alert(
            integration="generic",
            name="Disk full",
            status=AlertStatus.FIRING,
            severity=Severity.HIGH,
            labels={"alertname": "Disk full", "service": "db", "env": "prod"},
            annotations={"description": "97 % of /var", "runbook": "r1"},
            starts_at=datetime(2026, 11, 21, 19, 36, 8, 0, UTC),
            link="https://example.com/x",
            sender_key="db-disk",
        )
    ]


def test_the_smallest_shape() -> None:
    assert read({"title": "Disk full"}) == [
        Alert(
            integration="generic",
            name="Disk full",
            status=AlertStatus.FIRING,
            severity=Severity.MEDIUM,
            labels={"alertname": "Disk full"},
            starts_at=NOW,
            starts_at_known=False,
        )
    ]


@pytest.mark.parametrize("wrap", [lambda items: items, lambda items: {"alerts": items}])
def test_lists(wrap: Any) -> None:
    assert [one.name for one in read(wrap([{"title": "a"}, {"key": "b"}, {"name": "c"}]))] == ["a", "b", "c"]


def test_resolution_by_key() -> None:
    (resolved,) = read({"key": "db-disk", "status": "ok"})

    assert (resolved.status, resolved.ends_at, resolved.series) == ("resolved", NOW, read(FULL)[0].series)


def test_list_that_prometheus_posts() -> None:
    prometheus = [
        {
            "labels": {"alertname": "Up", "instance": "a:1"},
            "annotations": {},
            "startsAt": "2026-11-21T19:30:00Z",
            "endsAt": "2026-11-21T19:41:00Z",
            "generatorURL": "http://p/graph",
        },
        {"labels": {"alertname": "Up"}, "startsAt": "2026-11-21T19:30:00Z", "status": {"state": "active"}},
    ]

    assert [(one.integration, one.status, one.starts_at_known, one.link) for one in read(prometheus)] == [
        ("generic", "firing", True, "http://p/graph"),
        ("generic", "firing", True, ""),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"severity": "high"}, "It has neither a title nor a key."),
        ({"title": "x", "status": "so-so"}, "The status 'so-so' is neither firing nor resolved."),
        ({"title": "x", "labels": "env=prod"}, "The labels are not an object of names and texts."),
        ({"title": "x", "starts_at": "soon"}, "'soon' is not a time."),
    ],
)
def test_what_cannot_be_used_is_kept(content: Any, reason: str) -> None:
    body = json.dumps(content).encode()
    alerts, unparsed = parse(body, NOW)

    assert (alerts, [(part.body, part.reason) for part in unparsed]) == ([], [(body, reason)])
