"""What has happened, and what does the agent say about it?  `incidents list`, `show`, `ask` and `feedback`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.entrypoints.cli.options import IncidentId, Json, running_agent
from agent.entrypoints.cli.say import moment, say, say_json, say_markdown, say_table

if TYPE_CHECKING:
    from agent.entrypoints.cli.shown import Diagnosis, WholeIncident

incidents = typer.Typer(help="Look at incidents.", no_args_is_help=True)


@incidents.command("list", epilog="Example: incident-agent incidents list --status awaiting_approval")
def list_incidents(
    status: Annotated[str, typer.Option(help="Only those with this status.")] = "",
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
    from agent.entrypoints.cli.shown import WholeIncident

    with running_agent() as agent:
        answer = agent.get(f"/api/incidents/{incident}")
    if as_json:
        say_json(answer)
        return
    whole = WholeIncident.model_validate(answer)
    if not report:
        say("\n".join(_page(whole)))
    elif whole.report:
        say_markdown(whole.report)
    else:
        raise NotFound(f"{incident} has no report yet; it is {whole.incident.status}.")


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


def _page(whole: "WholeIncident") -> Iterator[str]:
    one = whole.incident
    yield f"{one.id}  {one.title}"
    facts = [one.severity, one.status, one.service, one.team, f"opened {moment(one.opened_at)}"]
    yield "  ".join(fact for fact in facts if fact)
    yield f"{len(whole.alerts)} alerts: {', '.join(sorted({placed.alert.name for placed in whole.alerts}))}"
    if one.parked_because:
        yield f"Parked: {one.parked_because}"
    if whole.diagnosis:
        yield from _diagnosis(whole.diagnosis)
        yield from _evidence(whole, whole.diagnosis)
    yield from _actions(whole)
    yield ""
    yield f"More: incident-agent incidents show {one.id} --report, or --json for everything."


def _diagnosis(found: "Diagnosis") -> Iterator[str]:
    yield ""
    yield f"Diagnosis ({found.verdict}, confidence {found.confidence:.0%}, by {found.analysed_by})"
    yield f"  {found.summary}"
    if found.degraded_because:
        yield f"  Without the model: {found.degraded_because}"
    for claim in found.claims:
        yield f"  - {claim.text} [{', '.join(claim.evidence)}]"
    if found.claims_dropped:
        yield f"  {found.claims_dropped} claims were left out: the evidence does not bear them out."
    if found.suspects:
        yield ""
        yield "Suspects"
    for suspect in found.suspects[:5]:
        yield f"  {suspect.score:4.0%}  {suspect.component}: {suspect.why} [{', '.join(suspect.evidence)}]"
    if found.ruled_out:
        yield f"Ruled out: {'; '.join(found.ruled_out)}"
    if found.next_check:
        yield f"If this is wrong, look at: {found.next_check}"


def _evidence(whole: "WholeIncident", found: "Diagnosis") -> Iterator[str]:
    cited = {id_ for claim in found.claims for id_ in claim.evidence}
    cited |= {id_ for suspect in found.suspects[:5] for id_ in suspect.evidence}
    if cited:
        yield ""
        yield "Evidence"
    for evidence in whole.evidence:
        if evidence.id in cited:
            yield f"  {evidence.id}  {evidence.kind}: {evidence.summary}"
            yield f"      {evidence.query}"


def _actions(whole: "WholeIncident") -> Iterator[str]:
    for effect in whole.effects:
        yield ""
        yield f"Done at {moment(effect.intent_at)}: {effect.name}, {effect.status}. {effect.detail}".rstrip()
    for approval in whole.approvals:
        if approval.status == "pending":
            yield ""
            yield f"Waits for you until {moment(approval.expires_at)}: {approval.proposal.title}"
            yield f"  incident-agent approvals approve {approval.id}"
            yield f"  incident-agent approvals deny {approval.id}"
