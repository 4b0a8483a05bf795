"""Whose incident is this?"""

from collections.abc import Mapping

from agent.domain.incident import Incident
from agent.domain.rules import Team


def team_of(incident: Incident, teams: Mapping[str, Team]) -> str:
    """A `team` label that names a known team, else the first team that owns the service or matches the labels."""
    if (named := incident.labels.get("team", "")) in teams:
        return named
    for name, team in teams.items():
        if incident.service in team.services or (team.match and team.match.items() <= incident.labels.items()):
            return name
    return ""
