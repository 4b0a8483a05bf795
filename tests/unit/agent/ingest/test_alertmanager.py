import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.ingest.alertmanager import parse

NOW = datetime(2026, 11, 21, 19, 37, 0, 0, UTC)
CAPTURED = Path(__file__).parents[3] / "payloads" / "alertmanager"
FIRED = datetime(2026, 11, 21, 19, 36, 8, 354_000, UTC)
LABELS = {"alertname": "ShopHighErrorRate", "cluster": "lab", "env": "test", "service": "shop", "team": "checkout"}


def captured(name: str) -> list[Alert]:
    alerts, unparsed = parse((CAPTURED / f"alertmanager-{name}.json").read_bytes(), NOW)
    assert unparsed == []
    return alerts


def body(*alerts: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"version": "4", "status": "firing", **fields, "alerts": alerts}).encode()


def one(**fields: Any) -> dict[str, Any]:
    return {"status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-11-21T19:36:08.354Z", **fields}


def test_captured_firing_group() -> None:
    first, *others = captured("0.25-1-firing-3-alerts")

    assert first == Alert(
        integration="alertmanager",
        name="ShopHighErrorRate",
        status=AlertStatus.FIRING,
        severity=Severity.CRITICAL,
        labels={**LABELS, "route": "/cart", "severity": "critical"},
        annotations={
            "dashboard_url": "http://grafana.example.com/d/shop",
            "description": "20.26% of requests to /cart of shop fail.",
            "runbook_url": "https://runbooks.example.com/shop/5xx",
            "summary": "High 5xx ratio on /cart",
        },
        starts_at=FIRED,
        link="http://vm:19090/graph?g0.expr=shop%3Aerror_ratio%3Arate15s+%3E+0.05&g0.tab=1",
        fingerprint="b81e272148e89a64",
    )
    assert [other.labels["route"] for other in others] == ["/checkout", "/search"]


def test_resolved_alert_inside_a_firing_group() -> None:
    assert [(one.name, one.status, one.ends_at) for one in captured("0.25-3-firing-with-one-resolved")] == [
        ("ShopDBPoolExhausted", "resolved", datetime(2026, 11, 21, 19, 36, 31, 354_000, UTC)),
        ("ShopHighErrorRate", "firing", None),
        ("ShopHighErrorRate", "firing", None),
        ("ShopHighErrorRate", "firing", None),
    ]


def test_an_occurrence_keeps_its_identity_over_the_posts_of_its_group() -> None:
    posts = ["0.25-1-firing-3-alerts", "0.25-2-firing-4-alerts-group-grew", "0.25-4-resolved-group"]
    cart = [next(one for one in captured(post) if one.labels.get("route") == "/cart") for post in posts]

    assert len({one.occurrence for one in cart}) == 1
    assert [one.event == cart[0].event for one in cart] == [True, True, False]


@pytest.mark.parametrize("name", ["0.28-1", "0.28-2", "0.28-3"])
def test_newer_versions_without_severity(name: str) -> None:
    assert {(one.severity, one.service) for one in captured(name)} == {(Severity.MEDIUM, "shop")}


def test_unknown_keys_are_ignored() -> None:
    alerts, unparsed = parse(
        body(one(newField={"x": [1]}), notification_reason="x", routeLabels={"a": "b"}, groupLabels=None), NOW
    )

    assert ([alert.name for alert in alerts], unparsed) == (["A"], [])


@pytest.mark.attack("S41")
def test_identity_does_not_rest_on_what_a_sender_could_forge() -> None:
    posts = [
        body(one(fingerprint="a"), groupKey="g1"),
        body(one(fingerprint="b", annotations={"value": "3"}), groupKey="g2"),
    ]

    assert len({parse(post, NOW)[0][0].event for post in posts}) == 1


def test_alerts_that_the_sender_left_out_are_noted() -> None:
    assert parse(body(one(), truncatedAlerts=5), NOW)[0][0].left_out == 5
    assert [parse(body(one(), truncatedAlerts=odd), NOW)[0][0].left_out for odd in (-1, "x", None, True)] == [
        0,
        0,
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("text", "An element of the list must be a JSON object."),
        (None, "An element of the list must be a JSON object."),
        ({}, "The alert has no labels."),
        (one(labels=[]), "The labels are not an object of names and texts."),
        (one(labels={"a": ["b"]}), "The value of 'a' is not a text."),
        (one(labels={"": "b"}), "'' cannot be the name of a label."),
        (one(startsAt="soon"), "'soon' is not a time."),
        (one(status="odd"), "The status 'odd' is neither firing nor resolved."),
        (one(annotations="x"), "The annotations are not an object of names and texts."),
    ],
)
def test_bad_alert_is_kept_and_the_others_go_on(item: Any, reason: str) -> None:
    alerts, unparsed = parse(body(one(labels={"alertname": "before"}), item, one(labels={"alertname": "after"})), NOW)

    assert [alert.name for alert in alerts] == ["before", "after"]
    assert [(json.loads(part.body), part.reason) for part in unparsed] == [(item, reason)]


def test_capped_alert_is_used_and_kept_as_it_came() -> None:
    item = one(labels={"alertname": "A", "big": "x" * 2**20})
    alerts, unparsed = parse(body(item), NOW)

    assert [(alert.name, len(alert.labels["big"])) for alert in alerts] == [("A", 1_022)]
    assert [(json.loads(part.body), part.reason) for part in unparsed] == [
        (item, "The label 'big' has more than 1024 characters; they were cut.")
    ]


def test_alert_without_a_start_says_so() -> None:
    starts = [parse(body(one(startsAt=start)), NOW)[0][0] for start in ("0001-01-01T00:00:00Z", None)]

    assert [(alert.starts_at, alert.starts_at_known) for alert in starts] == [(NOW, False)] * 2


@pytest.mark.parametrize("content", [b"{}", b'{"alerts": null}', b'{"alerts": {}}', b'{"alerts": "x"}'])
def test_body_without_a_list_is_kept(content: bytes) -> None:
    alerts, unparsed = parse(content, NOW)

    assert (alerts, [(part.body, part.reason) for part in unparsed]) == (
        [],
        [(content, "The body has no list of alerts.")],
    )


def test_empty_group_is_nothing() -> None:
    assert parse(body(), NOW) == ([], [])


def test_list_as_prometheus_posts_it_tells_status_by_its_end() -> None:
    fired, ended = parse(
        body(one(status=None, endsAt="2026-11-21T19:41:00Z"), one(status=None, endsAt=NOW.isoformat())), NOW
    )[0]

    assert [(fired.status, fired.ends_at), (ended.status, ended.ends_at)] == [("firing", None), ("resolved", NOW)]
