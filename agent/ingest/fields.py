"""What does one field of a payload say?  Texts, times, links and severities, whatever the sender's habits."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from agent.domain.alert import AlertStatus, Severity
from agent.ingest.strict_json import Unusable

Fields = Mapping[str, JsonValue]

MAX_NAME = 200
MAX_LINK = 2_000


def fields(value: JsonValue) -> Fields:
    if not isinstance(value, dict):
        raise Unusable("An element of the list must be a JSON object.")
    return value


def text(value: JsonValue) -> str:
    """A text, or a number or truth value as JSON writes it; empty for null, a list or an object."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    return ""


def first(payload: Fields, *names: str) -> str:
    """The first of these fields that says something."""
    return next((found for name in names if (found := text(payload.get(name)).strip())), "")


def name(*candidates: str) -> str:
    """The first candidate that is not empty, on one line and within the cap."""
    found = next((one for one in candidates if one.strip()), "unnamed alert")
    return " ".join(found.split())[:MAX_NAME]


def link(*candidates: JsonValue) -> str:
    """The first web address among them; nothing else is ever shown as a link."""
    for one in candidates:
        if isinstance(one, str) and one.startswith(("http://", "https://")) and len(one) <= MAX_LINK:
            return one
    return ""


def moment(value: JsonValue) -> datetime | None:
    """A time in UTC, from RFC 3339 or from Unix seconds or milliseconds; None for nothing, 0 and Go's zero time.

    A time without a zone is taken for UTC. Digits beyond microseconds are dropped. Unusable when it is no time.
    """
    try:
        match value:
            case None | "" | 0 | False:
                return None
            case str() if _NUMBER.fullmatch(value):
                return _from_number(float(value))
            case str():
                return _from_iso(value)
            case int() | float() if not isinstance(value, bool):
                return _from_number(float(value))
    except (ValueError, OverflowError, OSError):
        pass
    raise Unusable(f"{str(value)[:40]!r} is not a time.")


_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def _from_iso(value: str) -> datetime | None:
    found = datetime.fromisoformat(value.strip())
    if found.year == 1:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _from_number(value: float) -> datetime | None:
    seconds = value / 1000 if abs(value) > 1e11 else value
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def moment_or_none(value: JsonValue) -> datetime | None:
    """For a time that the alert can do without."""
    try:
        return moment(value)
    except Unusable:
        return None


_STATUSES = {
    word: status
    for status, words in (
        (AlertStatus.FIRING, "firing alerting active suppressed unprocessed open opened trigger triggered"),
        (AlertStatus.FIRING, "problem critical down error warning failed failing pending nodata"),
        (AlertStatus.RESOLVED, "resolved resolve ok normal recovered recovery closed close up inactive success"),
    )
    for word in words.split()
}


def status(value: JsonValue) -> AlertStatus | None:
    """None when nothing is said. Unusable when it is a word that nobody uses."""
    word = text(value).strip().lower()
    if word and word not in _STATUSES:
        raise Unusable(f"The status {word[:40]!r} is neither firing nor resolved.")
    return _STATUSES.get(word)


_SEVERITIES = {
    word: severity
    for severity, words in (
        (Severity.CRITICAL, "critical crit page emergency emerg fatal disaster urgent blocker p0 p1 sev0 sev1"),
        (Severity.HIGH, "high error err major severe p2 sev2"),
        (Severity.MEDIUM, "medium warning warn moderate average minor p3 sev3"),
        (Severity.LOW, "low notice p4 sev4"),
        (Severity.INFO, "info information informational debug none ok p5 sev5"),
    )
    for word in words.split()
}


def severity(words: Sequence[str], default: Severity = Severity.MEDIUM) -> Severity:
    """The first word that is known; senders call the same things by many names."""
    for word in words:
        if found := _SEVERITIES.get(word.strip().lower().replace("-", "").replace("_", "")):
            return found
    return default
