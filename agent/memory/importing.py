"""Which lessons are in a file of past incidents, or in old tickets?  What cannot be used is told, with the reason.

An imported lesson gets an id of its own (`import:...`, `jira:...`), so that no file and no ticket can take the place
of what was learned from an incident of ours.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, StringConstraints

from agent.domain.base import digest
from agent.domain.hypothesis import Fault
from agent.memory.rejection import Rejected, in_the_past, parsed
from agent.memory.tickets import lesson_of
from agent.memory.wording import plain_line
from agent.ports import Lesson

_LONGEST = 64 * 1024
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True)
class Unusable:
    """A line or a ticket that gave no lesson."""

    where: str
    """`line 7`, or the ticket's key."""
    reason: str


@dataclass(frozen=True)
class Imported:
    lessons: tuple[Lesson, ...]
    unusable: tuple[Unusable, ...]


class _Line(BaseModel):
    """One line of the file. Only title, cause and closed_at must be there."""

    model_config = ConfigDict(extra="forbid")

    incident: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$")] | None = None
    """Its id where it came from; without one it is made of the content."""
    title: _Text
    cause: _Text
    closed_at: AwareDatetime
    service: str = ""
    alert_names: tuple[str, ...] = ()
    symptom: str = ""
    component: str = ""
    """Where the cause sat; the service when left out."""
    fault: Fault = Fault.UNKNOWN
    remedy: str = ""
    outcome: Literal["recovered", "not_recovered", "no_action"] = "no_action"
    confirmed_by: str = ""
    """The person who stands by the cause; without one it is recalled for its own service alone."""


def from_jsonl(lines: Iterable[bytes], now: datetime, first: int = 1) -> Imported:
    """One JSON object a line, as an opened file gives them from the line `first` on; blank lines are nothing."""
    return _collected(
        (f"line {number}", partial(_from_line, line, now)) for number, line in enumerate(lines, first) if line.strip()
    )


def from_jira(tickets: Iterable[Mapping[str, JsonValue]], now: datetime) -> Imported:
    """Tickets as Jira's REST API gives them, with the fields `summary description status resolution resolutiondate
    components labels comment`."""
    return _collected(
        (_named(ticket, number), partial(lesson_of, ticket, now)) for number, ticket in enumerate(tickets, 1)
    )


def _collected(sources: Iterable[tuple[str, Callable[[], Lesson]]]) -> Imported:
    lessons: list[Lesson] = []
    unusable: list[Unusable] = []
    first: dict[str, str] = {}
    for where, read in sources:
        try:
            lesson = _new(read(), first)
        except Rejected as rejected:
            unusable.append(Unusable(where, str(rejected)))
        else:
            first[lesson.incident] = where
            lessons.append(lesson)
    return Imported(tuple(lessons), tuple(unusable))


def _new(lesson: Lesson, first: Mapping[str, str]) -> Lesson:
    if lesson.incident in first:
        raise Rejected(f"the same incident as {first[lesson.incident]}")
    return lesson


def _from_line(line: bytes, now: datetime) -> Lesson:
    if len(line) > _LONGEST:
        raise Rejected(f"longer than {_LONGEST} bytes")
    read = parsed(_Line, line)
    in_the_past("closed_at", read.closed_at, now)
    told = read.model_dump(mode="json", exclude={"incident", "component"})
    return Lesson(
        **told,
        incident=f"import:{read.incident or digest(told)[:16]}",
        component=read.component or read.service,
        source="import",
    )


def _named(ticket: Mapping[str, JsonValue], number: int) -> str:
    key = ticket.get("key")
    return plain_line(key)[:50] if isinstance(key, str) and key else f"ticket {number}"
