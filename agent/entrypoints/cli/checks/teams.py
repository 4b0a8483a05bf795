"""Is what the configuration says of teams sound, and does everybody hear of their incidents?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.config import Config
from agent.domain.duty import Schedule
from agent.domain.errors import AgentError
from agent.domain.rules import Team
from agent.entrypoints.cli.checks.finding import Finding, State
from agent.policy import matching
from agent.policy.on_call import on_duty
from agent.settings import Settings, secret
from tools.base import BackendError
from tools.clients.origin import origin_of

_LOOK_AHEAD = timedelta(days=14)
_STEP = timedelta(minutes=30)


@dataclass(frozen=True)
class Problem:
    where: str
    """The key in the file: `teams.payments.on_call`."""
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says}"


async def teams(settings: Settings) -> Finding:
    try:
        config = settings.config()
    except AgentError as error:
        return Finding("teams", State.BROKEN, str(error), "docs/routing.md has an example.")
    if not config.teams:
        return Finding("teams", State.OFF, "no teams: everybody hears of everything", "Set teams in AGENT_CONFIG.")
    if found := problems(settings, config):
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        return Finding("teams", State.BROKEN, f"{found[0]}{more}", "Run: incident-agent teams lint")
    return Finding("teams", State.OK, f"{len(config.teams)}, what nobody owns goes to {config.default_team}")


def problems(settings: Settings, config: Config, now: datetime | None = None) -> list[Problem]:
    """All that is wrong, in the order of the file; nothing is sent anywhere."""
    return [
        *_default(config),
        *_owned_twice(config),
        *(problem for name, team in config.teams.items() for problem in _of_team(settings, config, name, team)),
        *(problem for name, schedule in config.schedules.items() for problem in _of_schedule(name, schedule, now)),
        *_webhooks(config),
        *_mail(settings, config),
    ]


def _default(config: Config) -> Iterator[Problem]:
    if config.default_team and config.default_team not in config.teams:
        yield Problem("default_team", f"there is no team {config.default_team}")
    if config.teams and not config.default_team:
        yield Problem("default_team", "is missing: what nobody owns would go to nobody")


def _owned_twice(config: Config) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for name, team in config.teams.items():
        for service in team.services:
            if owner.setdefault(service, name) != name:
                yield Problem(f"teams.{name}.services", f"{service} is {owner[service]}'s already, who stand first")


def _of_team(settings: Settings, config: Config, name: str, team: Team) -> Iterator[Problem]:
    here = f"teams.{name}"
    if wrong := matching.problem(team.matchers):
        yield Problem(f"{here}.matchers", wrong)
    if not _hears(settings, config, team):
        yield Problem(here, "hears of nothing: give it slack_channel, email, webhook or pagerduty_key_env")
    if team.slack_channel and settings.slack_bot_token is None:
        yield Problem(f"{here}.slack_channel", "needs SLACK_BOT_TOKEN")
    if team.webhook and team.webhook not in config.webhooks:
        yield Problem(f"{here}.webhook", f"there is no webhook {team.webhook}")
    if team.pagerduty_key_env and not secret(team.pagerduty_key_env):
        yield Problem(f"{here}.pagerduty_key_env", f"{team.pagerduty_key_env} is not set")
    if team.on_call and team.on_call not in config.schedules:
        yield Problem(f"{here}.on_call", f"there is no schedule {team.on_call}")
    yield from _escalation(config, here, team)


def _hears(settings: Settings, config: Config, team: Team) -> bool:
    own = team.slack_channel or team.email or team.webhook or team.pagerduty_key_env
    return bool(own or (config.slack.channel and settings.slack_bot_token))


def _escalation(config: Config, here: str, team: Team) -> Iterator[Problem]:
    waits = [step.after for step in team.escalation]
    if waits != sorted(set(waits)):
        yield Problem(f"{here}.escalation", "each step must come later than the one before")
    for number, step in enumerate(team.escalation):
        for target in step.tell:
            if wrong := _untellable(config, team, target):
                yield Problem(f"{here}.escalation.{number}.tell", wrong)


def _untellable(config: Config, team: Team, target: str) -> str:
    kind, _, name = target.partition(":")
    match kind, name:
        case "on_call", "":
            return "" if team.on_call else "on_call: the team names no schedule in on_call"
        case "team", "":
            return ""
        case "team", _:
            return "" if name in config.teams else f"there is no team {name}"
        case "schedule", _ if name:
            return "" if name in config.schedules else f"there is no schedule {name}"
        case "person", _ if name:
            return "" if name in config.people and config.people[name].email else f"people has no email of {name}"
    return f"{target} is none of on_call, team, team:NAME, person:NAME, schedule:NAME"


def _of_schedule(name: str, schedule: Schedule, now: datetime | None) -> Iterator[Problem]:
    here = f"schedules.{name}"
    if not schedule.rotations:
        if not schedule.pagerduty:
            yield Problem(here, "names nobody: give it rotations or pagerduty")
        return
    at = (now or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)
    moments = [at + _STEP * number for number in range(_LOOK_AHEAD // _STEP)]
    if gap := next((moment for moment in moments if on_duty(schedule, moment) is None), None):
        yield Problem(here, f"nobody is on duty at {gap:%Y-%m-%d %H:%M} UTC, within the next {_LOOK_AHEAD.days} days")


def _webhooks(config: Config) -> Iterator[Problem]:
    for name, webhook in config.webhooks.items():
        try:
            origin_of(webhook.url)
        except BackendError as error:
            yield Problem(f"webhooks.{name}.url", str(error).rstrip("."))
        if not secret(webhook.secret_env):
            yield Problem(f"webhooks.{name}.secret_env", f"{webhook.secret_env} is not set")


def _mail(settings: Settings, config: Config) -> Iterator[Problem]:
    wanted = [f"teams.{name}.email" for name, team in config.teams.items() if team.email]
    wanted += [f"people.{name}.email" for name, person in config.people.items() if person.email]
    if wanted and not settings.smtp_host:
        yield Problem(wanted[0], "no mail can be sent: set SMTP_HOST and SMTP_FROM")
    if settings.smtp_host and not settings.smtp_from:
        yield Problem("SMTP_FROM", "is missing: mail needs a sender")
    if settings.smtp_security == "none" and settings.smtp_password:
        yield Problem("SMTP_SECURITY", "none would send the password in the open: use starttls or tls")
