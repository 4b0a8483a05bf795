"""Whose is what, and what does each team allow?  As the configuration says."""

from agent.domain.errors import ConfigurationError
from agent.domain.rules import Policy
from agent.policy.approval import more_careful
from agent.policy.ownership import Owners
from agent.settings import Config


def owners_of(config: Config) -> Owners:
    """ConfigurationError when a team's labels cannot be matched, or the default team is none."""
    if config.default_team and config.default_team not in config.teams:
        raise ConfigurationError(f"AGENT_CONFIG: default_team: there is no team {config.default_team}.")
    try:
        return Owners(config.teams, config.default_team)
    except ValueError as error:
        raise ConfigurationError(f"AGENT_CONFIG: teams: {error}") from error


def policy_of(config: Config) -> Policy:
    """With what teams say of themselves; where both say something, the more careful counts."""
    own = {name: team.autonomy for name, team in config.teams.items() if team.autonomy}
    both = {name: more_careful(said, config.policy.per_team.get(name, said)) for name, said in own.items()}
    return config.policy.model_copy(update={"per_team": {**config.policy.per_team, **both}})
