"""Bodies that senders post."""

import json
from typing import Any


def group(*names: str, **fields: Any) -> bytes:
    one = {"status": "firing", "startsAt": "2026-11-21T19:36:08Z", "endsAt": "0001-01-01T00:00:00Z"}
    return json.dumps(
        {"version": "4", "alerts": [{**one, "labels": {"alertname": name}} for name in names], **fields}
    ).encode()


GOOD = {
    "alertmanager": group("A"),
    "grafana": group("A", version="1"),
    "datadog": b'{"alert_id": "1", "title": "CPU", "transition": "Triggered"}',
    "pagerduty": b'{"event_action": "trigger", "dedup_key": "d", "payload": {"summary": "s", "source": "h"}}',
    "generic": b'{"title": "Disk full"}',
    "changes": b'{"service": "cart", "summary": "cart 1.4.2"}',
}
