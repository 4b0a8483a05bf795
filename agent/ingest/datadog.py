"""A Datadog webhook -> an alert.  The body is a user's template: ours (docs), Keep's and their cousins are read.

https://docs.datadoghq.com/integrations/webhooks/ - an unset variable arrives empty or as its own name.
"""

import re
from datetime import datetime

from pydantic import JsonValue

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.ingest import body, signature
from agent.ingest.alertmanager import Read, each
from agent.ingest.fields import Fields, link, moment_or_none, name, severity, text
from agent.ingest.strict_json import Unusable
from agent.ports import Unparsed


def parse(content: bytes, received_at: datetime) -> tuple[list[Alert], list[Unparsed]]:
    found = body.read(content)
    return each(body.elements(found), found.unparsed, lambda item: _alert(item, received_at))


_UNSET = re.compile(r"\$[A-Z][A-Z_0-9]*")


def _said(payload: Fields, *names: str) -> str:
    """The first of these fields that was filled in."""
    values = (text(payload.get(name)).strip() for name in names)
    return next((value for value in values if value and not _UNSET.fullmatch(value)), "")


def _alert(payload: Fields, received_at: datetime) -> Read:
    monitor, title = _said(payload, "alert_id", "monitor_id"), _title(payload)
    if not monitor and not title:
        raise Unusable("It names neither a monitor (alert_id) nor a title.")
    scope = _said(payload, "scope", "scopes", "alert_scope")
    labels, cut = signature.labels(_labels(payload, scope, monitor, title))
    annotations, cut_notes = signature.annotations(_annotations(payload))
    transition = _said(payload, "transition", "alert_transition").lower()
    status = _status(payload, transition)
    said_at = moment_or_none(_said(payload, "date", "date_posix")) or moment_or_none(_said(payload, "last_updated"))
    alert = Alert(
        integration="datadog",
        name=name(title, f"monitor {monitor}"),
        status=status,
        severity=_severity(payload, transition),
        labels=labels,
        annotations=annotations,
        starts_at=said_at or received_at,
        # $DATE is the time of this transition; only the first one's is the start.
        starts_at_known=False,
        ends_at=(said_at or received_at) if status is AlertStatus.RESOLVED else None,
        link=link(_said(payload, "link", "url")),
        fingerprint=_said(payload, "aggreg_key", "aggregation_key")[:64],
        sender_key=_key(payload, monitor, scope),
        sender_episode=_said(payload, "cycle_key", "alert_cycle_key")[:200],
    )
    return alert, " ".join(filter(None, (cut, cut_notes)))


_PREFIX = re.compile(
    r"(?:\[(?:P[1-5]|Triggered|Re-Triggered|Warn|Re-Warn|No Data|Re-No Data|Recovered|Renotify)\b[^\]]*\]\s*)+",
    re.IGNORECASE,
)


def _title(payload: Fields) -> str:
    return _PREFIX.sub("", _said(payload, "title", "alert_title", "event_title"), count=1).strip()


def _key(payload: Fields, monitor: str, scope: str) -> str:
    """A monitor and the group of it that alerts; tags may differ from message to message."""
    if not monitor:
        return _said(payload, "aggreg_key", "aggregation_key")[:200]
    org = payload.get("org")
    account = _said(org, "id") if isinstance(org, dict) else ""
    group = ",".join(sorted(part.strip() for part in scope.split(",")))
    return f"{account}/{monitor}/{group}"[:2_000]


def _labels(payload: Fields, scope: str, monitor: str, title: str) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {"alertname": title, "monitor_id": monitor}
    found |= {"host": _said(payload, "hostname", "host")}
    return found | _tags(_said(payload, "tags")) | _tags(scope)


def _tags(written: str) -> dict[str, JsonValue]:
    """`env:prod,service:cart,canary` -> names to values; the tag `monitor`, which Datadog adds, says nothing."""
    values: dict[str, set[str]] = {}
    for tag in filter(None, (part.strip() for part in written.split(","))):
        key, _, value = tag.partition(":")
        if key and tag not in {"monitor", "*"}:
            values.setdefault(key, set()).add(value or "true")
    return {key: ",".join(sorted(several)) for key, several in values.items()}


_NOTES = {
    "description": ("body", "text_only_msg", "event_msg", "event_message"),
    "query": ("query", "alert_query"),
    "metric": ("metric", "alert_metric"),
    "snapshot": ("snapshot",),
    "event_id": ("id", "event_id"),
}


def _annotations(payload: Fields) -> dict[str, JsonValue]:
    return {note: said for note, names in _NOTES.items() if (said := _said(payload, *names))}


def _status(payload: Fields, transition: str) -> AlertStatus:
    """Recovered is the one transition that ends an alert; without any, the title and the type tell."""
    title = _said(payload, "title", "event_title").lower()
    kind = _said(payload, "alert_type").lower()
    recovered = "recovered" in transition or (not transition and (title.startswith("[recovered") or kind == "success"))
    return AlertStatus.RESOLVED if recovered else AlertStatus.FIRING


def _severity(payload: Fields, transition: str) -> Severity:
    words = [_said(payload, field) for field in ("priority", "alert_priority", "severity", "alert_type")]
    found = severity([{"error": "high", "success": "info"}.get(word.lower(), word) for word in words])
    if "warn" in transition:
        return max(found, Severity.MEDIUM, key=lambda one: one.rank)
    return found
