"""Who is told? The channels that are configured."""

import secrets
from collections.abc import Mapping

from pydantic import JsonValue

from agent.bootstrap.record import Record
from agent.domain.incident import Incident
from agent.notify.dispatcher import Channel
from agent.notify.jira import JiraChannel
from agent.notify.outbound import Shielded
from agent.policy.redaction import Redactor
from agent.settings import Config, Settings
from tools.clients.jira import Jira


def channels_of(settings: Settings, config: Config, record: Record, jira: Jira | None) -> list[Channel]:
    """A ticket an incident, when Jira and a project are configured."""
    if jira is None:
        return []
    from tools.act.jira import JiraTickets

    def fields(incident: Incident) -> Mapping[str, JsonValue]:
        team = config.teams.get(incident.team)
        return {"project": (team.jira_project if team else "") or settings.jira_project}

    pseudonyms = secrets.token_bytes(32)
    tickets = Shielded(JiraTickets(jira, settings.jira_project), lambda text: Redactor(pseudonyms).abstract(text))
    return [JiraChannel(tickets, record.ledger, record.incidents, record.chain.clock, fields=fields)]


def jira_of(settings: Settings) -> Jira | None:
    if not settings.jira_url:
        return None
    token = settings.jira_token.get_secret_value() if settings.jira_token else ""
    return Jira(settings.jira_url, user=settings.jira_user, token=token)
