"""An incident and a proposal on the record, for tests that need something to approve or to do."""

from datetime import timedelta

from sqlalchemy import Connection

from agent.domain.approval import Approval, Decision, Vote
from agent.domain.incident import Incident
from agent.domain.remediation import Proposal, Risk
from agent.ports import Clock
from agent.storage import approvals, incidents, spending
from agent.storage.approvals import Said, SqlApprovals
from agent.storage.database import Database
from agent.storage.journal import Chain
from tests.incidents import an_incident

VALID = timedelta(minutes=15)


def proposal(incident: str = "inc-1", **changed: object) -> Proposal:
    values = {
        "incident": incident,
        "run": f"{incident}.1",
        "action": "restart-service",
        "action_digest": "d" * 64,
        "arguments": {"service": "cart"},
        "observed": {"version": "1"},
        "risk": Risk.LOW,
        "reversible": True,
        "blast_radius": "one process",
        "title": "Restart cart",
        "because": "it leaks",
        **changed,
    }
    return Proposal.model_validate(values)


async def incident(database: Database, clock: Clock, name: str = "inc-1") -> Incident:
    opened = an_incident(clock.now(), id=name, title="High errors on cart")
    await database.write(lambda connection: incidents.insert(connection, opened))
    return opened


async def asked(database: Database, chain: Chain, clock: Clock, what: Proposal) -> Approval:
    return await SqlApprovals(database, chain, clock).request(what, "a human is asked", "Restart cart?", VALID)


async def decide(
    database: Database, chain: Chain, approval: Approval, decision: Decision, who: str = "ann"
) -> Approval:
    said = Said(who=who, decision=decision, via="rest", comment="because")
    return await database.write(lambda connection: approvals.decide(connection, chain, approval.id, said))


def anyone(_connection: Connection, _vote: Vote, _asked: Approval, _incident: Incident) -> str:
    """Nobody's standing is in question here."""
    return ""


async def spend(
    database: Database, chain: Chain, approval: str, what: Proposal, may: spending.May = anyone
) -> Approval:
    return await database.write(lambda connection: spending.spend(connection, chain, approval, what, may))
