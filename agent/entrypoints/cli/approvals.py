"""What waits for a human, and what does the human say?  `approvals list`, `approve` and `deny`."""

import sys
from typing import Annotated, Any, Literal

import typer

from agent.entrypoints.cli.options import Json, running_agent
from agent.entrypoints.cli.say import moment, say, say_json, say_table

approvals = typer.Typer(help="Decide what the agent may do.", no_args_is_help=True)

ApprovalId = Annotated[str, typer.Argument(metavar="APPROVAL", help="The approval's id, as `approvals list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the journal.")]


@approvals.command("list", epilog="Example: incident-agent approvals list")
def list_approvals(
    status: Annotated[
        Literal["pending", "approved", "denied", "expired", "spent", "all"],
        typer.Option(help="Only those with this status."),
    ] = "pending",
    as_json: Json = False,
) -> None:
    """List what waits for a decision."""
    from agent.entrypoints.cli.shown import ApprovalPage

    with running_agent() as agent:
        answer = agent.get("/api/approvals", status="" if status == "all" else status)
    if as_json:
        say_json(answer)
        return
    rows = [
        (one.id, one.incident, one.standing, one.proposal.risk, one.proposal.title, moment(one.expires_at))
        for one in ApprovalPage.model_validate(answer).approvals
    ]
    say_table(("id", "incident", "status", "risk", "action", "until"), rows, empty="Nothing waits for a decision.")


@approvals.command(epilog="Example: incident-agent approvals approve apr-3 --yes --reason 'seen on the graph too'")
def approve(
    approval: ApprovalId,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")] = False,
    as_json: Json = False,
) -> None:
    """Let the agent do exactly what is shown, once."""
    with running_agent() as agent:
        if not yes:
            from agent.entrypoints.cli.shown import Approval

            say(Approval.model_validate(agent.get(f"/api/approvals/{approval}")).shown)
            _make_sure()
        _decided(agent.post(f"/api/approvals/{approval}", {"decision": "approve", "reason": reason}), as_json=as_json)


@approvals.command(epilog="Example: incident-agent approvals deny apr-3 --reason 'a deploy is under way'")
def deny(approval: ApprovalId, reason: Reason = "", as_json: Json = False) -> None:
    """Forbid it; the incident goes to a human."""
    with running_agent() as agent:
        _decided(agent.post(f"/api/approvals/{approval}", {"decision": "deny", "reason": reason}), as_json=as_json)


def _make_sure() -> None:
    """Ask on a terminal; without one nobody has seen what was shown."""
    from agent.domain.errors import Refused

    if not sys.stdin.isatty():
        raise Refused("Nobody is here to be asked; --yes says that you have seen what will be done.")
    if not typer.confirm("Do this?"):
        raise Refused("Nothing was decided.")


def _decided(answer: Any, *, as_json: bool) -> None:
    from agent.entrypoints.cli.shown import Approval

    if as_json:
        say_json(answer)
        return
    decided = Approval.model_validate(answer)
    if decided.status == "pending":
        say(f"{decided.proposal.title}: {decided.standing}; it takes somebody else, too.")
    else:
        say(f"{decided.proposal.title}: {decided.status} by {decided.decided_by}.")
