"""What has happened, and what does the agent say about it?  `incidents list`, `show`, `ask` and `feedback`."""

from typing import Annotated, Literal

import typer

from agent.entrypoints.cli.options import IncidentId, Json, running_agent
from agent.entrypoints.cli.say import moment, say, say_json, say_markdown, say_table

incidents = typer.Typer(help="Look at incidents.", no_args_is_help=True)


def _statuses(given: str) -> str:
    from agent.domain.incident import IncidentStatus

    if wrong := {*given.split(",")} - {*IncidentStatus, ""}:
        raise typer.BadParameter(f"{min(wrong)!r} is none of {', '.join(IncidentStatus)}.")
    return given


@incidents.command("list", epilog="Example: incident-agent incidents list --status awaiting_approval")
def list_incidents(
    status: Annotated[
        str, typer.Option(help="Only those with this status, or one of several by comma.", callback=_statuses)
    ] = "",
    text: Annotated[str, typer.Option("--search", "-q", help="Only those with this text in them.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most this many.")] = 20,
    as_json: Json = False,
) -> None:
    """List incidents, the newest first."""
    from agent.entrypoints.cli.shown import IncidentPage

    with running_agent() as agent:
        answer = agent.get("/api/incidents", status=status, q=text, limit=limit)
    if as_json:
        say_json(answer)
        return
    page = IncidentPage.model_validate(answer)
    rows = [(one.id, one.status, one.severity, one.service, one.title, moment(one.opened_at)) for one in page.incidents]
    say_table(("id", "status", "severity", "service", "title", "opened"), rows, empty="There are no incidents.")


@incidents.command("show", epilog="Example: incident-agent incidents show inc-7 --report")
def show_incident(
    incident: IncidentId,
    report: Annotated[bool, typer.Option("--report", help="Print the report, as Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Show one incident: the diagnosis with its evidence, what was done, what waits for you."""
    from agent.domain.errors import NotFound
    from agent.entrypoints.cli.page import page
    from agent.entrypoints.cli.shown import WholeIncident

    with running_agent() as agent:
        answer = agent.get(f"/api/incidents/{incident}")
    if as_json:
        say_json(answer)
        return
    whole = WholeIncident.model_validate(answer)
    if not report:
        say(page(whole))
        say(f"\nMore: incident-agent incidents show {incident} --report, or --json for everything.")
    elif whole.report:
        say_markdown(whole.report)
    else:
        raise NotFound(f"{incident} has no report yet; it is {whole.incident.status}.")


@incidents.command(epilog="Example: incident-agent incidents watch")
def watch(as_json: Json = False) -> None:
    """Watch what happens, as it happens, until you interrupt it; --json prints one entry of the journal a line."""
    from agent.entrypoints.cli.watch import watch as follow

    with running_agent() as agent:
        follow(agent, as_json=as_json)


@incidents.command(epilog="Example: incident-agent incidents ack inc-7")
def ack(incident: IncidentId, as_json: Json = False) -> None:
    """Say that you have seen it; the agent goes on."""
    _tell_agent(incident, "ack", as_json)


@incidents.command(epilog="Example: incident-agent incidents takeover inc-7")
def takeover(incident: IncidentId, as_json: Json = False) -> None:
    """Take it over: the agent stops, and withdraws what it asks."""
    _tell_agent(incident, "takeover", as_json)


@incidents.command(epilog="Example: incident-agent incidents cancel inc-7")
def cancel(incident: IncidentId, as_json: Json = False) -> None:
    """Tell the agent to stop working on it."""
    _tell_agent(incident, "cancel", as_json)


@incidents.command(epilog="Example: incident-agent incidents close inc-7")
def close(incident: IncidentId, as_json: Json = False) -> None:
    """Say that it is over; what it taught is remembered."""
    _tell_agent(incident, "close", as_json)


@incidents.command(epilog='Example: incident-agent incidents merge inc-7 inc-5 --reason "one outage"')
def merge(
    incident: IncidentId,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The incident that its alerts are part of from now on.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept with each alert and in the journal.")] = "",
    as_json: Json = False,
) -> None:
    """Merge an incident into another: its alerts and those that follow move, the agent stops working on it."""
    _regroup(f"/api/incidents/{incident}/merge", {"into": into, "reason": reason}, f"{incident} is part of", as_json)


@incidents.command(epilog="Example: incident-agent incidents split inc-7 al-3 al-9")
def split(
    incident: IncidentId,
    alerts: Annotated[list[str], typer.Argument(metavar="ALERT...", help="Its alerts that are another incident.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept with each alert and in the journal.")] = "",
    as_json: Json = False,
) -> None:
    """Make a new incident of some of an incident's alerts; it is investigated."""
    path = f"/api/incidents/{incident}/split"
    _regroup(path, {"alerts": alerts, "reason": reason}, f"Split from {incident}:", as_json)


def ask(
    incident: IncidentId,
    question: Annotated[str, typer.Argument(help="In your own words.")],
    as_json: Json = False,
) -> None:
    """Ask the agent something about an incident."""
    with running_agent() as agent:
        answer = agent.post(f"/api/incidents/{incident}/ask", {"question": question})
    if as_json:
        say_json(answer)
    else:
        say_markdown(str(answer["answer"]))


def feedback(
    incident: IncidentId,
    verdict: Annotated[Literal["right", "wrong"], typer.Option(help="Was the diagnosis right?")],
    cause: Annotated[str, typer.Option(help="What it really was, when it was wrong.")] = "",
    comment: Annotated[str, typer.Option(help="Anything else worth remembering.")] = "",
) -> None:
    """Tell the agent whether its diagnosis was right, so that it remembers the real cause."""
    with running_agent() as agent:
        agent.post(f"/api/incidents/{incident}/feedback", {"verdict": verdict, "cause": cause, "comment": comment})
    say(f"Noted: the diagnosis of {incident} is {verdict}.")


def _tell_agent(incident: str, what: str, as_json: bool) -> None:
    from agent.entrypoints.cli.shown import Incident

    with running_agent() as agent:
        answer = agent.post(f"/api/incidents/{incident}/{what}")
    if as_json:
        say_json(answer)
    else:
        say(f"{incident} is {Incident.model_validate(answer).status}.")


def _regroup(path: str, asked: dict[str, object], what: str, as_json: bool) -> None:
    from agent.entrypoints.cli.shown import Incident

    with running_agent() as agent:
        answer = agent.post(path, asked)
    if as_json:
        say_json(answer)
        return
    now = Incident.model_validate(answer)
    say(f"{what} {now.id} ({now.status}): {now.title}")
