"""Which fields does a new ticket get?  As its project wants them, filled from the incident."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from agent.domain.incident import Incident
from agent.domain.tickets import JiraProject


def fields_of(
    project: str, wanted: JiraProject, incident: Incident, clean: Callable[[str], str]
) -> dict[str, JsonValue]:
    """`clean` takes out of the incident's words what must not leave; the configuration's own are sent as they are."""
    values = {
        "id": incident.id,
        "title": clean(incident.title),
        "severity": str(incident.severity),
        "service": clean(incident.service),
        "team": incident.team,
    }
    priority = wanted.priorities.get(incident.severity)
    return {
        "project": project,
        "issuetype": {"name": wanted.issue_type},
        **({"priority": {"name": priority}} if priority else {}),
        **{name: _filled(value, values) for name, value in wanted.fields.items()},
    }


def _filled(value: JsonValue, values: Mapping[str, str]) -> JsonValue:
    match value:
        case str():
            return _text(value, values)
        case list():
            return [_filled(one, values) for one in value]
        case dict():
            return {name: _filled(one, values) for name, one in value.items()}
    return value


def _text(value: str, values: Mapping[str, str]) -> str:
    """One pass over the template, so that nothing of an incident's words is read as one."""
    parts = value.split("{")
    filled = parts[0]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        filled += values[name] + rest if closed and name in values else "{" + part
    return filled
