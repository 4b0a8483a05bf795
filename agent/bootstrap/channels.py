"""Who is told? The channels that are configured."""

import secrets

from agent.bootstrap.record import Record
from agent.bootstrap.telling import Telling
from agent.config import Config
from agent.domain.incident import Incident
from agent.domain.tickets import JiraProject
from agent.notify.jira import JiraChannel, Moves
from agent.notify.jira_fields import fields_of
from agent.notify.news import Hushed, never
from agent.notify.outbound import Shielded
from agent.notify.slack import SlackChannel
from agent.policy.redaction import Redactor
from agent.ports import Channel
from agent.settings import Settings
from tools.clients.jira import Jira


def channels_of(
    settings: Settings,
    config: Config,
    record: Record,
    jira: Jira | None,
    slack: SlackChannel | None = None,
    *,
    hushed: Hushed = never,
) -> list[Channel]:
    """A card an incident when Slack is configured, a ticket when Jira is; then what teams have of their own.

    `hushed`: why nobody is to be paged about an incident now.
    """
    tickets = _tickets(settings, config, record, jira, hushed) if jira else None
    first = [channel for channel in (slack, tickets) if channel]
    return [*first, *Telling(settings, config, record, hushed).channels(slack)]


def _tickets(settings: Settings, config: Config, record: Record, jira: Jira, hushed: Hushed) -> JiraChannel:
    from tools.act.jira import JiraTickets

    pseudonyms = secrets.token_bytes(32)

    def clean(text: str) -> str:
        return Redactor(pseudonyms).abstract(text)

    def wanted(incident: Incident) -> tuple[str, JiraProject]:
        team = config.teams.get(incident.team)
        project = (team.jira_project if team else "") or settings.jira_project
        return project, config.jira.get(project, JiraProject())

    def moves(incident: Incident) -> Moves:
        _, project = wanted(incident)
        return Moves(project.done, project.reopened)

    return JiraChannel(
        Shielded(JiraTickets(jira, settings.jira_project), clean),
        record.ledger,
        record.incidents,
        record.chain.clock,
        fields=lambda incident: fields_of(*wanted(incident), incident, clean),
        moves=moves,
        hushed=hushed,
    )
