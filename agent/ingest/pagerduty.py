"""A PagerDuty event (Events API v2) -> an alert, so that whatever can page PagerDuty can page us.

https://developer.pagerduty.com/docs/events-api-v2-overview - only a trigger says more than its key.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime

from pydantic import JsonValue

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.ingest import body, signature
from agent.ingest.alertmanager import Read, each
from agent.ingest.fields import Fields, first, link, moment_or_none, name, severity, text
from agent.ingest.strict_json import Unusable
from agent.ports import Unparsed


def parse(content: bytes, received_at: datetime) -> tuple[list[Alert], list[Unparsed]]:
    found = body.read(content)
    alerts, unparsed = each(body.elements(found), found.unparsed, lambda item: _alert(item, received_at))
    return alerts, [part.model_copy(update={"body": without_key(part.body)}) for part in unparsed]


_NAME = "".join(rf"(?:{letter}|\\u00{ord(letter):02x})" for letter in "routing_key")
"""Each letter as it is, or as JSON may write it too."""
_ROUTING_KEY = re.compile(rf'("{_NAME}"\s*:\s*")(?:[^"\\]|\\.)*'.encode(), re.IGNORECASE)


def without_key(content: bytes) -> bytes:
    """A routing key is a credential: it is never stored."""
    return _ROUTING_KEY.sub(rb"\1...", content)


def routing_key(content: bytes) -> str:
    """The key the event carries, by which a client of PagerDuty identifies itself; empty when there is none."""
    return first(body.read(content).fields, "routing_key")


def keyed(content: bytes, new_key: Callable[[], str]) -> tuple[bytes, str]:
    """The event and the key it is resolved by: its own, or one it is given now, as PagerDuty does."""
    found = body.read(content).fields
    if (key := first(found, "dedup_key")) or first(found, "event_action").lower() != "trigger":
        return content, key
    key = new_key()
    return json.dumps({**found, "dedup_key": key}).encode(), key


def _alert(event: Fields, received_at: datetime) -> Read:
    action, key = first(event, "event_action").lower(), first(event, "dedup_key")
    status = _status(action, key)
    payload = event.get("payload")
    said = payload if isinstance(payload, dict) else {}
    summary = first(said, "summary")
    if not key and not summary:
        raise Unusable("It has neither a dedup_key nor a summary.")
    labels, cut = signature.labels(_labels(said))
    annotations, cut_notes = signature.annotations(_annotations(event, said))
    at = moment_or_none(said.get("timestamp")) or received_at
    alert = Alert(
        integration="pagerduty",
        name=name(summary, key),
        status=status,
        severity=severity([first(said, "severity")], Severity.HIGH),
        labels=labels,
        annotations=annotations,
        starts_at=at,
        starts_at_known=False,
        ends_at=at if status is AlertStatus.RESOLVED else None,
        link=link(event.get("client_url"), *_links(event)),
        sender_key=key[:255],
    )
    return alert, " ".join(filter(None, (cut, cut_notes)))


def _status(action: str, key: str) -> AlertStatus:
    match action:
        case "trigger":
            return AlertStatus.FIRING
        case "resolve" if key:
            return AlertStatus.RESOLVED
        case "resolve":
            raise Unusable("A resolve without a dedup_key says nothing about which alert it means.")
        case "acknowledge":
            raise Unusable("An acknowledgement changes no alert; acknowledge the incident instead.")
        case _:
            raise Unusable(f"The event_action {action[:40]!r} is none of trigger, acknowledge and resolve.")


def _labels(payload: Fields) -> dict[str, JsonValue]:
    """The named fields, and the short texts of `custom_details`."""
    details = payload.get("custom_details")
    short: dict[str, JsonValue] = (
        {key: value for key, value in details.items() if isinstance(value, str) and len(value) <= 200}
        if isinstance(details, dict)
        else {}
    )
    named: dict[str, JsonValue] = {
        "alertname": first(payload, "summary")[:200],
        "source": first(payload, "source"),
        "component": first(payload, "component"),
        "group": first(payload, "group"),
        "class": first(payload, "class"),
        "host": "" if first(payload, "component") else first(payload, "source"),
    }
    return short | {key: value for key, value in named.items() if value}


def _annotations(event: Fields, payload: Fields) -> dict[str, JsonValue]:
    details = payload.get("custom_details")
    found: dict[str, JsonValue] = (
        {key: text(value) for key, value in details.items()} if isinstance(details, dict) else {}
    )
    found |= {"summary": first(payload, "summary"), "client": first(event, "client")}
    return {key: value for key, value in found.items() if value}


def _links(event: Fields) -> list[JsonValue]:
    links = event.get("links")
    return [one.get("href") for one in links if isinstance(one, dict)] if isinstance(links, list) else []
