import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.ingest.pagerduty import keyed, parse, routing_key

NOW = datetime(2026, 11, 21, 19, 37, 0, 0, UTC)
TRIGGER = {
    "routing_key": "samplekeyhere",
    "event_action": "trigger",
    "dedup_key": "disk/db-1",
    "client": "Monitor",
    "client_url": "https://monitor.example.com",
    "payload": {
        "summary": "DISK at 99% on db-1",
        "timestamp": "2015-07-17T08:42:58.315+0000",
        "severity": "critical",
        "source": "db-1.example.com",
        "component": "mysql",
        "group": "prod-datapipe",
        "class": "disk",
        "custom_details": {"free space": "1%", "load avg": 0.75, "service": "orders", "nested": {"a": 1}},
    },
    "links": [{"href": "https://example.com/", "text": "x"}],
}


def test_trigger() -> None:
    assert parse(json.dumps(TRIGGER).encode(), NOW) == (
        [
            Alert(
                integration="pagerduty",
                name="DISK at 99% on db-1",
                status=AlertStatus.FIRING,
                severity=Severity.CRITICAL,
                labels={
                    "alertname": "DISK at 99% on db-1",
                    "source": "db-1.example.com",
                    "component": "mysql",
                    "group": "prod-datapipe",
                    "class": "disk",
                    "free space": "1%",
                    "service": "orders",
                },
                annotations={
                    "summary": "DISK at 99% on db-1",
                    "client": "Monitor",
                    "free space": "1%",
                    "load avg": "0.75",
                    "service": "orders",
                },
                starts_at=datetime(2015, 7, 17, 8, 42, 58, 315_000, UTC),
                starts_at_known=False,
                link="https://monitor.example.com",
                sender_key="disk/db-1",
            )
        ],
        [],
    )


def test_resolve_means_the_same_series_with_nothing_but_the_key() -> None:
    body = {"routing_key": "samplekeyhere", "event_action": "resolve", "dedup_key": "disk/db-1"}
    (resolved,), unparsed = parse(json.dumps(body).encode(), NOW)
    (fired,), _ = parse(json.dumps(TRIGGER).encode(), NOW)

    assert (resolved.status, resolved.series, resolved.ends_at, unparsed) == ("resolved", fired.series, NOW, [])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event_action": "acknowledge"}, "An acknowledgement changes no alert; acknowledge the incident instead."),
        (
            {"event_action": "resolve", "dedup_key": ""},
            "A resolve without a dedup_key says nothing about which alert it means.",
        ),
        ({"event_action": "page"}, "The event_action 'page' is none of trigger, acknowledge and resolve."),
        ({"event_action": None}, "The event_action '' is none of trigger, acknowledge and resolve."),
        ({"dedup_key": None, "payload": []}, "It has neither a dedup_key nor a summary."),
        ({"dedup_key": None, "payload": {"custom_details": []}}, "It has neither a dedup_key nor a summary."),
    ],
)
def test_what_cannot_be_used_is_kept_without_its_credential(changed: dict[str, Any], reason: str) -> None:
    body = {**TRIGGER, **changed, "routing_key": 'a "secret\\'}
    alerts, unparsed = parse(json.dumps(body).encode(), NOW)

    assert alerts == []
    assert [(json.loads(part.body), part.reason) for part in unparsed] == [({**body, "routing_key": "..."}, reason)]


def test_credential_is_taken_out_of_broken_bodies_too() -> None:
    assert [part.body for part in parse(b'{"routing_key" : "secret", "event_action": ', NOW)[1]] == [
        b'{"routing_key" : "...", "event_action": '
    ]


def test_credential_is_found_however_its_name_is_spelled() -> None:
    body = rb'{"r\u006futing\u005Fkey":"secret","event_action":"acknowledge"}'
    assert routing_key(body) == "secret"
    assert [part.body for part in parse(body, NOW)[1]] == [body.replace(b"secret", b"...")]


def test_client_of_pagerduty_identifies_itself_by_its_routing_key() -> None:
    assert routing_key(json.dumps(TRIGGER).encode()) == "samplekeyhere"
    assert routing_key(b"[]") == routing_key(b"x") == ""


def test_trigger_without_a_key_is_given_one_to_be_resolved_by() -> None:
    body = json.dumps({**TRIGGER, "dedup_key": ""}).encode()
    content, key = keyed(body, lambda: "new")
    (fired,), _ = parse(content, NOW)
    (resolved,), _ = parse(b'{"event_action": "resolve", "dedup_key": "new"}', NOW)

    assert (key, fired.series) == ("new", resolved.series)


@pytest.mark.parametrize("body", [json.dumps(TRIGGER).encode(), b'{"event_action": "resolve"}', b"not json"])
def test_any_other_event_is_left_alone(body: bytes) -> None:
    assert keyed(body, lambda: "new")[0] == body
