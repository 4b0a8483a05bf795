"""Any other sender's body -> alerts.  The smallest that is understood is `{"title": "Disk full"}`.

    {"title": "Disk full", "status": "firing", "severity": "high", "service": "db",
     "description": "97 % of /var", "labels": {"env": "prod"}, "starts_at": "2026-11-21T19:36:08Z",
     "ends_at": null, "link": "https://…", "key": "db-disk"}

`status` is `firing` (the default) or `resolved`. Send `key` when title or labels change from message to message
or are missing from the resolution: it then says what is alerted on. One object, a list of them, or
`{"alerts": [...]}`; also the list that Prometheus posts to an Alertmanager and that Alertmanager's API returns.
"""

from datetime import datetime

from pydantic import JsonValue

from agent.domain.alert import Alert, AlertStatus
from agent.ingest import alertmanager, body, signature
from agent.ingest.alertmanager import Read
from agent.ingest.fields import Fields, first, link, moment, moment_or_none, name, severity, status
from agent.ingest.strict_json import Unusable
from agent.ports import Unparsed


def parse(content: bytes, received_at: datetime) -> tuple[list[Alert], list[Unparsed]]:
    found = body.read(content, "alerts")
    return alertmanager.each(body.elements(found), found.unparsed, lambda item: _alert(item, received_at))


_TITLES = ("title", "name", "alertname", "summary")


def _alert(item: Fields, received_at: datetime) -> Read:
    if "startsAt" in item and isinstance(item.get("labels"), dict):
        return alertmanager.alert("generic", item, received_at)
    key, title = first(item, "key", "dedup_key"), first(item, *_TITLES)
    if not key and not title:
        raise Unusable("It has neither a title nor a key.")
    return _plain(item, key, title, received_at)


def _plain(item: Fields, key: str, title: str, received_at: datetime) -> Read:
    labels, cut = signature.merged(signature.labels(_own_labels(item)), signature.labels(item.get("labels")))
    notes, cut_notes = signature.merged(
        signature.annotations(_notes(item)), signature.annotations(item.get("annotations"))
    )
    starts_at = moment(first(item, "starts_at", "started_at", "startsAt", "timestamp"))
    state = status(item.get("status")) or status(item.get("state")) or AlertStatus.FIRING
    ends_at = moment_or_none(first(item, "ends_at", "ended_at", "endsAt")) or received_at
    alert = Alert(
        integration="generic",
        name=name(title, labels.get("alertname", ""), key),
        status=state,
        severity=severity([first(item, "severity", "priority", "level"), labels.get("severity", "")]),
        labels=labels,
        annotations=notes,
        starts_at=starts_at or received_at,
        starts_at_known=starts_at is not None,
        ends_at=ends_at if state is AlertStatus.RESOLVED else None,
        link=link(item.get("link"), item.get("url")),
        sender_key=key[:255],
    )
    return alert, " ".join(filter(None, (cut, cut_notes)))


def _own_labels(item: Fields) -> dict[str, JsonValue]:
    title = first(item, *_TITLES)
    found: dict[str, JsonValue] = {"alertname": name(title) if title else "", "service": first(item, "service")}
    return {label: value for label, value in found.items() if value}


def _notes(item: Fields) -> dict[str, JsonValue]:
    said = first(item, "description", "message", "body", "text")
    return {"description": said} if said else {}
