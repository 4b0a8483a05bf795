import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.ingest.changes import parse
from tools.base import Change

NOW = datetime(2026, 11, 21, 19, 37, 0, 0, UTC)
FULL = {
    "service": "cart",
    "kind": "deployment",
    "summary": "cart 1.4.2",
    "at": "2026-11-21T19:30:00Z",
    "source": "github",
    "author": "ada",
    "link": "https://github.com/x",
}
READ = Change(
    at=datetime(2026, 11, 21, 19, 30, 0, 0, UTC),
    service="cart",
    kind="deploy",
    summary="cart 1.4.2",
    source="github",
    author="ada",
    link="https://github.com/x",
)


@pytest.mark.parametrize("content", [FULL, [FULL], {"changes": [FULL]}])
def test_the_documented_shapes(content: Any) -> None:
    assert parse(json.dumps(content).encode(), NOW) == ([READ], [])


def test_the_smallest_shape() -> None:
    assert parse(b'{"service": "cart"}', NOW) == (
        [Change(at=NOW, service="cart", kind="deploy", summary="deploy of cart", source="webhook")],
        [],
    )


def test_pagerdutys_change_event() -> None:
    body = {
        "routing_key": "secret",
        "payload": {
            "summary": "Build Success - Increase snapshot create timeout",
            "timestamp": "2026-11-21T19:30:00Z",
            "source": "acme-build-pipeline",
            "custom_details": {"service": "cart", "build_number": 1},
        },
        "links": [{"href": "https://acme.pagerduty.dev/build/2", "text": "View"}],
    }

    assert parse(json.dumps(body).encode(), NOW)[0] == [
        Change(
            at=datetime(2026, 11, 21, 19, 30, 0, 0, UTC),
            service="cart",
            kind="deploy",
            summary="Build Success - Increase snapshot create timeout",
            source="acme-build-pipeline",
            link="https://acme.pagerduty.dev/build/2",
        )
    ]


def test_one_bad_change_does_not_lose_the_others() -> None:
    changes, unparsed = parse(json.dumps([FULL, {"kind": "flag"}, 3, {"service": "x", "at": "soon"}]).encode(), NOW)

    assert changes == [READ]
    assert [(part.body, part.reason) for part in unparsed] == [
        (b'{"kind": "flag"}', "A change needs a service or a summary."),
        (b"3", "An element of the list must be a JSON object."),
        (b'{"service": "x", "at": "soon"}', "'soon' is not a time."),
    ]
