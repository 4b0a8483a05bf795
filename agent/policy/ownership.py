"""Whose incident is this, and why?  Nobody's goes to the default team."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.domain.incident import Incident
from agent.domain.rules import Team
from agent.domain.silence import Matcher
from agent.policy.matching import Conditions, conditions


class Route(NamedTuple):
    """The team an incident went to, and the sentence that says why; no team when there is none to go to."""

    team: str
    why: str


@dataclass(frozen=True)
class Owners:
    """Who owns what. ValueError when a matcher is not a regular expression."""

    teams: Mapping[str, Team] = field(default_factory=dict)
    default: str = ""
    _matching: dict[str, Conditions] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, team in self.teams.items():
            if wanted := _matchers(team):
                self._matching[name] = conditions(wanted)

    def route(self, incident: Incident) -> Route:
        """A `team` label that names a known team, else the first team that owns the service or matches the labels."""
        if (named := incident.labels.get("team", "")) in self.teams:
            return Route(named, f"Its labels say team={named}.")
        for name, team in self.teams.items():
            if incident.service and incident.service in team.services:
                return Route(name, f"Team {name} owns {incident.service}.")
            if name in self._matching and self._matching[name].hold(incident.labels):
                return Route(name, f"Its labels match team {name}: {', '.join(map(str, _matchers(team)))}.")
        return self._nobodys(incident)

    def _nobodys(self, incident: Incident) -> Route:
        whose = f"Nobody owns {incident.service}" if incident.service else "Its labels name no service"
        if named := incident.labels.get("team", ""):
            whose += f", and team={named} is no team that is known"
        if self.default:
            return Route(self.default, f"{whose}: the default team gets it.")
        return Route("", f"{whose}, and there is no default team." if self.teams else "No teams are configured.")


def _matchers(team: Team) -> tuple[Matcher, ...]:
    equal = tuple(Matcher(label=label, value=value) for label, value in team.match.items())
    return (*equal, *team.matchers)
