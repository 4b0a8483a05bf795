"""When is work planned, and what is held back meanwhile?  `maintenance list`, `add` and `end`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from agent.entrypoints.cli.options import Json, running_agent
from agent.entrypoints.cli.say import moment, say, say_json, say_table

maintenance = typer.Typer(help="Planned work, during which alerts are no news.", no_args_is_help=True)

_MATCHER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(=~|!~|!=|=)(.*)", re.DOTALL)


@maintenance.command("list", epilog="Example: incident-agent maintenance list")
def list_windows(as_json: Json = False) -> None:
    """List the windows that have not ended, and how many messages each has held back."""
    from agent.service.silencing import Held

    with running_agent() as agent:
        answer = agent.get("/api/maintenance")
    if as_json:
        say_json(answer)
        return
    held = [Held.model_validate(one) for one in answer["windows"]]
    rows = [
        (
            one.window.id,
            one.window.name,
            moment(one.window.starts_at),
            moment(one.window.ends_at),
            "opens, pages nobody" if one.window.opens else f"{one.alerts} held back",
            ", ".join(map(str, one.window.matchers)),
        )
        for one in held
    ]
    say_table(("id", "name", "from", "to", "alerts", "which"), rows, empty="No maintenance is planned.")


@maintenance.command(epilog="Example: incident-agent maintenance add 'db patches' service=cart --minutes 90")
def add(
    name: Annotated[str, typer.Argument(help="What people read.")],
    matchers: Annotated[list[str], typer.Argument(metavar="LABEL=VALUE...", help="Also !=, =~ and !~.")],
    *,
    minutes: Annotated[int, typer.Option(min=1, help="How long it lasts.")] = 60,
    start: Annotated[str, typer.Option(help="When it begins, as 2026-12-24T01:00:00Z; now when left out.")] = "",
    opens: Annotated[bool, typer.Option("--opens", help="Open incidents all the same, and page nobody.")] = False,
    reason: Annotated[str, typer.Option(help="Why; kept in the journal.")] = "",
    as_json: Json = False,
) -> None:
    """Plan work: alerts that match wait until it is over, and those that still fire then come up."""
    began = _moment(start)
    asked = {
        "name": name,
        "matchers": [_matcher(one) for one in matchers],
        "starts_at": began.isoformat(),
        "ends_at": (began + timedelta(minutes=minutes)).isoformat(),
        "opens": opens,
        "comment": reason,
    }
    with running_agent() as agent:
        made = agent.post("/api/maintenance", asked)
    if as_json:
        say_json(made)
    else:
        say(f"Planned {name} as {made['id']}.")


@maintenance.command(epilog="Example: incident-agent maintenance end si-7")
def end(window: Annotated[str, typer.Argument(metavar="ID", help="As `maintenance list` shows it.")]) -> None:
    """End it now; what still fires comes up."""
    with running_agent() as agent:
        agent.delete(f"/api/silences/{window}")
    say(f"Ended {window}.")


def _moment(given: str) -> datetime:
    if not given:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(given)
    except ValueError as error:
        raise typer.BadParameter(f"{given} is no time such as 2026-12-24T01:00:00Z.") from error
    if found.tzinfo is None:
        raise typer.BadParameter(f"{given} needs its zone, as in 2026-12-24T01:00:00Z.")
    return found


def _matcher(given: str) -> dict[str, str]:
    found = _MATCHER.fullmatch(given)
    if found is None:
        raise typer.BadParameter(f"{given} is not LABEL=VALUE.")
    label, operator, value = found.groups()
    return {"label": label, "operator": operator, "value": value}
