"""How does a team's Jira project want its tickets?"""

from pydantic import JsonValue

from agent.domain.alert import Severity
from agent.domain.base import Noun


class JiraProject(Noun):
    """What tickets of this project are made with, and where they go."""

    issue_type: str = "Task"
    """The type of a ticket."""
    priorities: dict[Severity, str] = {}
    """Severity -> the name of a priority; a severity that is not named gives none."""
    fields: dict[str, JsonValue] = {}
    """More fields, by their ids: `customfield_10042: {value: "{severity}"}`. In a text `{id}`, `{title}`, `{severity}`,
    `{service}` and `{team}` stand for those of the incident."""
    done: str = "Done"
    """The status a ticket gets when its incident is over; empty: it stays where it is."""
    reopened: str = ""
    """The status it gets when the incident fires again; empty: it stays where it is."""
