"""Who is told of a team's incidents, and how?  By mail, webhook and page, as the configuration says."""

import secrets
from collections.abc import Callable, Sequence

from agent.bootstrap.record import Record
from agent.config import Config
from agent.domain.errors import ConfigurationError
from agent.notify.errands import Errands
from agent.notify.mail import MailChannel
from agent.notify.news import Hushed, News, Newsroom, never
from agent.notify.outbound import careful
from agent.notify.pagerduty import PagerDutyChannel
from agent.notify.render_slack import Words
from agent.notify.slack import SlackChannel
from agent.notify.slack_calls import SlackCalls
from agent.notify.webhook import WebhookChannel
from agent.policy.redaction import Redactor
from agent.ports import Channel
from agent.settings import Settings, secret
from tools.base import BackendError


class Telling:
    """Makes the channels of teams; they share what they know of an incident."""

    def __init__(self, settings: Settings, config: Config, record: Record, hushed: Hushed = never) -> None:
        """`hushed`: why nobody is to be paged about an incident now."""
        pseudonyms = secrets.token_bytes(32)
        self._settings = settings
        self._config = config
        self._record = record
        self._clean = careful(lambda text: Redactor(pseudonyms).abstract(text))
        self._newsroom = Newsroom(record.incidents, record.chain.clock, hushed=hushed)
        self._page = settings.url.rstrip("/")

    def channels(self, slack: SlackChannel | None) -> list[Channel]:
        """ConfigurationError, in a sentence, when one cannot be used as it is configured."""
        try:
            return [*self._mail(), *self._webhooks(), *self._pagers(), *self._calls(slack)]
        except BackendError as error:
            raise ConfigurationError(str(error)) from error

    def _mail(self) -> list[Channel]:
        from tools.act.mail import Mailer, MailServer

        settings = self._settings
        if not settings.smtp_host:
            return []
        server = MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            security=settings.smtp_security,
            user=settings.smtp_user,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else "",
        )
        errands = self._errands(MailChannel.name)
        return [
            MailChannel(
                Mailer(server),
                errands,
                self._newsroom,
                addresses=self._addresses,
                clean=self._clean,
                page=self._page,
            )
        ]

    def _webhooks(self) -> list[Channel]:
        from tools.act.deliver import Webhook

        made: list[Channel] = []
        for name, given in self._config.webhooks.items():
            teams = [team for team, one in self._config.teams.items() if one.webhook == name]
            made.append(
                WebhookChannel(
                    name,
                    Webhook(given.url, _needed(given.secret_env, f"webhooks.{name}.secret_env")),
                    self._errands(f"webhook:{name}"),
                    self._newsroom,
                    self._record.chain.clock,
                    teams=teams,
                    clean=self._clean,
                    page=self._page,
                )
            )
        return made

    def _pagers(self) -> list[Channel]:
        from tools.act.deliver import PagerDutyEvents

        keys = {name: team.pagerduty_key_env for name, team in self._config.teams.items() if team.pagerduty_key_env}
        return [
            PagerDutyChannel(
                name,
                PagerDutyEvents(self._settings.pagerduty_events_url),
                _needed(variable, f"teams.{name}.pagerduty_key_env"),
                self._errands(f"pagerduty:{name}"),
                self._newsroom,
                clean=self._clean,
                page=self._page,
            )
            for name, variable in keys.items()
        ]

    def _calls(self, slack: SlackChannel | None) -> list[Channel]:
        if slack is None:
            return []
        errands = self._errands(SlackCalls.name)
        words = Words(self._clean)
        return [
            SlackCalls(slack.api, errands, self._newsroom, words=words, channels=self._other_channels, page=self._page)
        ]

    def _errands(self, channel: str) -> Errands:
        return Errands(channel, "message", self._record.ledger, self._record.chain.clock)

    def _addresses(self, news: News) -> Sequence[str]:
        """Of the teams, and of whoever is called; who has no address here is called by that of the team."""
        people = [self._config.people[name].email for name in news.people if name in self._config.people]
        teams = set(news.teams)
        if len(list(filter(None, people))) < len(news.people):
            teams.add(news.incident.team)
        return [*filter(None, people), *self._of_teams(teams, lambda name: self._config.teams[name].email)]

    def _other_channels(self, news: News) -> Sequence[str]:
        others = set(news.teams) - {news.incident.team}
        return self._of_teams(others, lambda name: self._config.teams[name].slack_channel)

    def _of_teams(self, teams: set[str], where: Callable[[str], str]) -> list[str]:
        known = [where(name) for name in sorted(teams) if name in self._config.teams]
        return [one.strip() for places in known for one in places.split(",") if one.strip()]


def _needed(variable: str, where: str) -> str:
    value = secret(variable)
    if not value:
        raise ConfigurationError(f"AGENT_CONFIG: {where}: {variable} is not set.")
    return value
