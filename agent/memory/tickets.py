"""What lesson is in a Jira ticket?  A closed one that states a cause or a remedy; anyone can write one, so it is
never taken as confirmed."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, JsonValue, StringConstraints

from agent.domain.hypothesis import Fault
from agent.memory.rejection import Rejected, in_the_past, parsed
from agent.ports import Lesson

_SOLVED = {"Done", "Fixed", "Resolved"}
_VOID = {"Duplicate", "Cannot Reproduce", "Won't Do", "Won't Fix", "Declined", "Invalid"}
_HEADING = re.compile(
    r"(?P<name>root cause|cause|rca|resolution|remedy|fix|solution|mitigation|symptoms?)"
    r"[*_ ]{0,4}(?::[*_ ]{0,4}(?P<rest>.*)|$)",
    re.IGNORECASE,
)
_MEANS = {"root cause": "cause", "cause": "cause", "rca": "cause", "symptom": "symptom", "symptoms": "symptom"}
_DEEPEST = 20


class _Named(BaseModel):
    name: str = ""


class _Category(BaseModel):
    key: str = ""


class _Status(BaseModel):
    statusCategory: _Category = _Category()  # noqa: N815 (Jira's name)


class _Comment(BaseModel):
    body: JsonValue = None


class _Comments(BaseModel):
    comments: list[_Comment] = []


class _Fields(BaseModel):
    summary: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    description: JsonValue = None
    """Text, or Atlassian's document format."""
    status: _Status = _Status()
    resolution: _Named | None = None
    resolutiondate: AwareDatetime | None = None
    components: list[_Named] = []
    labels: list[str] = []
    comment: _Comments = _Comments()


class _Ticket(BaseModel):
    key: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,30}-[0-9]{1,12}$")]
    fields: _Fields


def lesson_of(ticket: Mapping[str, JsonValue], now: datetime) -> Lesson:
    """Of a ticket as Jira's REST API gives it; Rejected, with the reason, when there is none.

    Labels `service:x`, `alert:x`, `component:x` and `fault:x` are read, and lines such as `Root cause: ...` or a
    heading `Resolution` in the description and the comments.
    """
    read = parsed(_Ticket, ticket)
    closed_at = _closed(read.fields, now)
    labels = _labels(read.fields.labels)
    service = _first(labels.get("service"), [one.name for one in read.fields.components])
    told = _sections("\n".join(_text(body) for body in _bodies(read.fields)))
    cause, remedy = told.get("cause", ""), told.get("remedy", "")
    if not cause and not remedy:
        raise Rejected("it states neither a cause nor a remedy (a line such as `Root cause: ...` is looked for)")
    return Lesson(
        incident=f"jira:{read.key}",
        title=read.fields.summary,
        service=service,
        alert_names=tuple(labels.get("alert", ())),
        symptom=told.get("symptom", ""),
        component=_first(labels.get("component"), [service]),
        fault=_first(labels.get("fault"), [Fault.UNKNOWN.value]),
        cause=cause or f"Not stated; what helped: {remedy}",
        remedy=remedy,
        outcome="recovered" if remedy and _resolution(read.fields) in _SOLVED else "no_action",
        confirmed_by="",
        closed_at=closed_at,
        source="jira",
    )


def _closed(fields: _Fields, now: datetime) -> datetime:
    if any(label.startswith("agent-") for label in fields.labels):
        raise Rejected("the agent wrote it; the incident itself is on the record")
    if fields.status.statusCategory.key not in ("", "done") or fields.resolutiondate is None:
        raise Rejected("it is not closed")
    if _resolution(fields) in _VOID:
        raise Rejected(f"it was closed as {_resolution(fields)}")
    return in_the_past("resolutiondate", fields.resolutiondate, now)


def _resolution(fields: _Fields) -> str:
    return fields.resolution.name if fields.resolution else ""


def _labels(labels: Iterable[str]) -> dict[str, list[str]]:
    """`service:checkout` -> {"service": ["checkout"]}."""
    found: dict[str, list[str]] = {}
    for label in labels:
        name, _, value = label.partition(":")
        if value:
            found.setdefault(name.casefold(), []).append(value)
    return found


def _first(*choices: list[str] | None) -> str:
    return next((value for values in choices for value in values or () if value), "")


def _bodies(fields: _Fields) -> list[JsonValue]:
    return [fields.description, *(comment.body for comment in fields.comment.comments)]


def _text(body: JsonValue, depth: int = 0) -> str:
    """A body's text: as it is, or a document's, one line a paragraph."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict) or depth > _DEEPEST:
        return ""
    content, text = body.get("content"), body.get("text")
    inside = "".join(_text(part, depth + 1) for part in content) if isinstance(content, list) else ""
    ends = "\n" if body.get("type") in ("paragraph", "heading", "hardBreak") else ""
    return (text if isinstance(text, str) else "") + inside + ends


def _sections(text: str) -> dict[str, str]:
    """What stands under `Root cause`, `Resolution` and the like. The first of each counts; another heading, or a
    blank line after its text, ends it."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        bare = re.sub(r"^h[1-6]\.", "", line.lstrip(" \t*#_")).strip(" \t*_")
        if heading := _HEADING.fullmatch(bare):
            name = _MEANS.get(heading["name"].casefold(), "remedy")
            current = found.setdefault(name, []) if name not in found else None
            bare = heading["rest"] or ""
        elif re.match(r"\s*(?:h[1-6]\.|#)", line) or (current and not bare):
            current = None
        if current is not None and bare:
            current.append(bare)
    return {name: " ".join(lines) for name, lines in found.items() if lines}
