"""Which alerts were set aside, and why?  `alerts list`, and `alerts place` once the cause was mended."""

from typing import Annotated

import typer

from agent.entrypoints.cli.options import Json, running_agent
from agent.entrypoints.cli.say import moment, say, say_json, say_table

alerts = typer.Typer(help="Alerts that were set aside, because they could not be placed or read.", no_args_is_help=True)


@alerts.command("list", epilog="Example: incident-agent alerts list")
def list_asides(as_json: Json = False) -> None:
    """List the alerts that are set aside, each with the reason."""
    from agent.entrypoints.cli.shown import AsidePage

    with running_agent() as agent:
        answer = agent.get("/api/alerts")
    if as_json:
        say_json(answer)
        return
    found = AsidePage.model_validate(answer).alerts
    rows = [(one.id, one.name or "cannot be read", moment(one.received_at), one.reason) for one in found]
    say_table(("id", "name", "received", "reason"), rows, empty="None is set aside.")


@alerts.command(epilog="Example: incident-agent alerts place al-7")
def place(
    alert: Annotated[
        list[str] | None, typer.Argument(metavar="ALERT...", help="Ids, as `alerts list` shows them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are set aside.")] = False,
    as_json: Json = False,
) -> None:
    """Place alerts again that were set aside, as if they had come in now; for when the cause was mended."""
    from agent.domain.wording import counted

    if bool(alert) == every:
        raise typer.BadParameter("Name the alerts, or say --all.")
    with running_agent() as agent:
        answer = agent.post("/api/alerts/place", {"alerts": alert or []})
    if as_json:
        say_json(answer)
        return
    again = counted(int(answer["placed_again"]), "alert")
    say(f"{again} will be placed again; `incident-agent alerts list` shows those that still cannot be.")
