"""Whose is what, and what does each team allow?  As the configuration says."""

from collections.abc import Sequence
from datetime import datetime

from agent.config import Config
from agent.domain.duty import OnDuty
from agent.domain.errors import ConfigurationError
from agent.domain.rules import Policy
from agent.policy.approval import more_careful
from agent.policy.ownership import Owners
from agent.service.rota import Rota
from agent.settings import Settings
from tools.clients.pagerduty import OnCall, PagerDuty


def owners_of(config: Config) -> Owners:
    """ConfigurationError when a team's labels cannot be matched, or a team is named that there is not."""
    if config.default_team and config.default_team not in config.teams:
        raise ConfigurationError(f"AGENT_CONFIG: default_team: there is no team {config.default_team}.")
    for name, person in config.people.items():
        if unknown := sorted(set(person.teams or ()) - {""} - set(config.teams)):
            raise ConfigurationError(f"AGENT_CONFIG: people: {name}: there is no team {unknown[0]}.")
    try:
        return Owners(config.teams, config.default_team)
    except ValueError as error:
        raise ConfigurationError(f"AGENT_CONFIG: teams: {error}") from error


def policy_of(config: Config) -> Policy:
    """With what teams say of themselves; where both say something, the more careful counts."""
    own = {name: team.autonomy for name, team in config.teams.items() if team.autonomy}
    both = {name: more_careful(said, config.policy.per_team.get(name, said)) for name, said in own.items()}
    return config.policy.model_copy(update={"per_team": {**config.policy.per_team, **both}})


def rota_of(settings: Settings, config: Config) -> Rota:
    """Who is on duty; PagerDuty is asked where there is a token for it."""
    if settings.pagerduty_token is None:
        return Rota(config.schedules, config.people)
    token = settings.pagerduty_token.get_secret_value()
    return Rota(config.schedules, config.people, AtPagerDuty(settings.pagerduty_api_url, token))


class AtPagerDuty:
    """`service.rota.Elsewhere` at PagerDuty."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    async def on_duty(self, schedule: str, at: datetime) -> Sequence[OnDuty]:
        # Asked a few times a day: no connection is kept.
        client = PagerDuty(self._url, self._token)
        try:
            return [_on_duty(one) for one in await client.on_call(schedule, at)]
        finally:
            await client.close()


def _on_duty(found: OnCall) -> OnDuty:
    until = f" until {found.until:%Y-%m-%d %H:%M} UTC" if found.until else ""
    return OnDuty(
        who=found.email or found.name, why=f"{found.name} is on duty{until}, says PagerDuty.", until=found.until
    )
