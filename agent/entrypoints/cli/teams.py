"""Whose is what, and who is on duty?  `teams list`, `lint`, `route` and `on-call`."""

from typing import TYPE_CHECKING, Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import say, say_json, say_table

if TYPE_CHECKING:
    from agent.config import Config
    from agent.domain.duty import OnDuty
    from agent.settings import Settings

teams = typer.Typer(help="Whose incidents are whose, and who is on duty.", no_args_is_help=True)


@teams.command("list", epilog="Example: incident-agent teams list")
def list_teams(as_json: Json = False) -> None:
    """List the teams, what is theirs and how they hear of it."""
    config = _config()
    if as_json:
        say_json({name: team.model_dump(mode="json") for name, team in config.teams.items()})
        return
    rows = [
        (
            name + (" (default)" if name == config.default_team else ""),
            ", ".join(team.services) or "-",
            ", ".join(filter(None, (team.slack_channel, team.email, team.webhook, team.pagerduty_key_env))) or "-",
            team.on_call or "-",
            str(len(team.escalation)),
        )
        for name, team in config.teams.items()
    ]
    say_table(("team", "owns", "hears by", "on call", "steps"), rows, empty="There are no teams.")


@teams.command(epilog="Example: incident-agent teams lint")
def lint(as_json: Json = False) -> None:
    """Say everything that is wrong with teams, schedules and webhooks; nothing is sent anywhere."""
    from agent.domain.errors import AgentError
    from agent.domain.wording import counted
    from agent.entrypoints.cli.checks.teams import problems
    from agent.settings import load

    settings = load()
    found = problems(settings, settings.config())
    if as_json:
        say_json([{"where": one.where, "says": one.says} for one in found])
    else:
        say("\n".join(map(str, found)) or "The teams are fit for use.")
    if found:
        raise AgentError(f"{counted(len(found), 'problem')} in what AGENT_CONFIG says of teams.")


@teams.command(epilog="Example: incident-agent teams route service=checkout env=prod")
def route(
    labels: Annotated[list[str], typer.Argument(metavar="LABEL=VALUE...", help="What an incident's alerts share.")],
    as_json: Json = False,
) -> None:
    """Say which team an incident with these labels would go to, and why."""
    from datetime import UTC, datetime

    from agent.bootstrap.teams import owners_of
    from agent.domain.alert import Alert, AlertStatus, Severity
    from agent.domain.incident import Incident, IncidentStatus

    now = datetime.now(UTC)
    given = dict(_pair(label) for label in labels)
    alert = Alert(
        integration="",
        name="",
        status=AlertStatus.FIRING,
        severity=Severity.HIGH,
        labels=given,
        starts_at=now,
    )
    found = owners_of(_config()).route(
        Incident(
            id="",
            status=IncidentStatus.OPEN,
            severity=alert.severity,
            title="",
            service=alert.service,
            labels=given,
            opened_at=now,
            updated_at=now,
        )
    )
    if as_json:
        say_json(found._asdict())
    else:
        say(f"{found.team or 'no team'}: {found.why}")


@teams.command("on-call", epilog="Example: incident-agent teams on-call")
def on_call(as_json: Json = False) -> None:
    """Say who is on call now, of each team, until when and how that is known."""
    import asyncio

    from agent.settings import load

    found = asyncio.run(_on_duty(load()))
    if as_json:
        say_json({team: [one.model_dump(mode="json") for one in duty] for team, duty in found.items()})
        return
    rows = [
        (team, one.who if one else "nobody", f"{one.until:%Y-%m-%d %H:%M} UTC" if one and one.until else "-", _why(one))
        for team, duty in found.items()
        for one in duty or (None,)
    ]
    say_table(("team", "on call", "until", "why"), rows, empty="No team has a schedule; set on_call in AGENT_CONFIG.")


async def _on_duty(settings: "Settings") -> "dict[str, list[OnDuty]]":
    """Of the teams that name a schedule. ConfigurationError when one names none that there is."""
    from datetime import UTC, datetime

    from agent.bootstrap.teams import rota_of
    from agent.domain.errors import ConfigurationError

    config, now = settings.config(), datetime.now(UTC)
    for name, team in config.teams.items():
        if team.on_call and team.on_call not in config.schedules:
            raise ConfigurationError(f"teams.{name}.on_call: there is no schedule {team.on_call}.")
    rota = rota_of(settings, config)
    return {name: await rota.now(team.on_call, now) for name, team in config.teams.items() if team.on_call}


def _why(found: "OnDuty | None") -> str:
    return found.why if found else "The schedule has a gap."


def _pair(label: str) -> tuple[str, str]:
    name, equals, value = label.partition("=")
    if not equals:
        raise typer.BadParameter(f"{label} is not LABEL=VALUE.")
    return name, value


def _config() -> "Config":
    from agent.settings import load

    return load().config()
