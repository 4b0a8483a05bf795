"""An Alertmanager webhook (version 4) -> alerts.  Each post is the whole state of a group, sent again and again.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Callable
from datetime import datetime

from agent.domain.alert import Alert, AlertStatus
from agent.ingest import body, signature
from agent.ingest.body import Item, Reading
from agent.ingest.fields import Fields, fields, first, link, moment, moment_or_none, name, severity, status, text
from agent.ingest.strict_json import Unusable
from agent.ports import Unparsed

Read = tuple[Alert, str]
"""The alert, and a sentence about what the caps cut off it."""


def parse(content: bytes, received_at: datetime) -> tuple[list[Alert], list[Unparsed]]:
    return parse_group(content, lambda item, left_out: alert("alertmanager", item, received_at, left_out))


def parse_group(content: bytes, read: Callable[[Fields, int], Read]) -> tuple[list[Alert], list[Unparsed]]:
    """A body with a list of alerts; `read` is told an alert's fields and how many the sender left out."""
    found = body.read(content, "alerts")
    if not found.listed and not found.unparsed:
        return [], [Unparsed(body=content, reason="The body has no list of alerts.")]
    left_out = _left_out(found)
    return each(found.items, found.unparsed, lambda item: read(item, left_out))


def each(
    items: list[Item], broken: list[Unparsed], read: Callable[[Fields], Read]
) -> tuple[list[Alert], list[Unparsed]]:
    """Every element that can be read; and with their bytes the others, and those that the caps cut."""
    alerts, unparsed = [], list(broken)
    for item in items:
        try:
            one, note = read(fields(item.value))
        except Unusable as problem:
            unparsed.append(item.unparsed(str(problem)))
            continue
        alerts.append(one)
        if note:
            unparsed.append(item.unparsed(note))
    return alerts, unparsed


def _left_out(found: Reading) -> int:
    """How many alerts the sender left out because of its own limit (`max_alerts`)."""
    number = found.fields.get("truncatedAlerts")
    return min(number, 10**6) if isinstance(number, int) and number > 0 else 0


def alert(
    integration: str, item: Fields, received_at: datetime, left_out: int = 0, more: signature.Capped = ({}, "")
) -> Read:
    """One element of the list, as Alertmanager, Grafana and Prometheus write it; `more`: further annotations."""
    labels, cut = signature.labels(item.get("labels"))
    if not labels:
        raise Unusable("The alert has no labels.")
    notes, cut_notes = signature.merged(signature.annotations(item.get("annotations")), more)
    starts_at = moment(item.get("startsAt"))
    ends_at = moment_or_none(item.get("endsAt"))
    state = _status(item, ends_at, received_at)
    read = Alert(
        integration=integration,
        name=name(labels.get("alertname", ""), notes.get("summary", ""), labels.get("name", "")),
        status=state,
        severity=severity([labels.get(label, "") for label in ("severity", "priority", "level")]),
        labels=labels,
        annotations=notes,
        starts_at=starts_at or received_at,
        starts_at_known=starts_at is not None,
        ends_at=None if state is AlertStatus.FIRING else ends_at or received_at,
        link=link(*(item.get(field) for field in ("panelURL", "dashboardURL", "generatorURL"))),
        fingerprint=first(item, "fingerprint")[:64],
        left_out=left_out,
    )
    return read, " ".join(filter(None, (cut, cut_notes)))


def _status(item: Fields, ends_at: datetime | None, now: datetime) -> AlertStatus:
    """What it says; Prometheus says nothing and sends an end that lies ahead while it fires."""
    said = item.get("status")
    if isinstance(said, dict):  # Alertmanager's own API wraps it.
        said = said.get("state")
    over = ends_at is not None and ends_at <= now
    return status(text(said)) or (AlertStatus.RESOLVED if over else AlertStatus.FIRING)
