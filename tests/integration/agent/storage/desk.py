"""The line from question to effect, on a real record: people with keys, a ledger, and a far end that counts."""

from collections.abc import Mapping

from agent.domain.approval import Approval, Decision
from agent.domain.key import Scope
from agent.domain.remediation import Effect, EffectStatus, Proposal, effect_key
from agent.domain.rules import Person, Team
from agent.identity.keys import Keys, Minted
from agent.identity.roles import Caller
from agent.ports import Call
from agent.service.approvers import Approvers
from agent.service.people import People
from agent.storage.approvals import SqlApprovals
from agent.storage.database import Database
from agent.storage.effects import SqlLedger
from agent.storage.journal import Chain, SqlJournal
from agent.storage.keys import SqlKeys
from tests.clocks import Clock
from tests.integration.agent.storage.proposals import VALID, incident, proposal
from tools.base import ActResult


class Woken:
    """Of a queue only this is asked here: the jobs are rows of the record."""

    def wake(self) -> None:
        """Nobody waits."""


class Desk:
    """Asks, lets people decide, and dispatches what was allowed."""

    def __init__(self, database: Database, chain: Chain, clock: Clock, teams: Mapping[str, Team] | None = None) -> None:
        self.database, self.chain, self.clock = database, chain, clock
        self.approvals = SqlApprovals(database, chain, clock)
        self.journal = SqlJournal(database, chain)
        self.keys = Keys(SqlKeys(database, chain), b"s" * 32, clock)
        self.use(teams or {})
        self.done: list[str] = []
        """Keys of the effects that reached the far end."""

    def use(self, teams: Mapping[str, Team], people: Mapping[str, Person] | None = None) -> None:
        """From now on these are the teams and people, as after a restart with another configuration."""
        approvers = Approvers(teams, self.clock, people)
        self.people = People(self.database, self.chain, Woken(), approvers)  # type: ignore[arg-type]  # only woken
        self.ledger = SqlLedger(self.database, self.chain, self.clock, may=approvers.still)

    async def person(self, name: str, *scopes: Scope) -> Caller:
        return await self.keys.authenticate((await self.key(name, *scopes)).token)

    async def key(self, name: str, *scopes: Scope) -> Minted:
        return await self.keys.create(name, "person", scopes or ("approve:high",))

    async def ask(self, what: Proposal | None = None, name: str = "inc-1") -> Approval:
        what = what or proposal(name)
        await incident(self.database, self.clock, what.incident)
        return await self.approvals.request(what, "a human is asked", "Restart cart?", VALID)

    async def approve(self, asked: Approval, who: Caller, via: str = "rest") -> Approval:
        return await self.people.decide(asked.id, Decision.APPROVE, who, via)

    async def deny(self, asked: Approval, who: Caller) -> Approval:
        return await self.people.decide(asked.id, Decision.DENY, who, "rest", "no")

    async def dispatch(self, asked: Approval, what: Proposal | None = None, kind: str = "action") -> Effect:
        """As `remediate` does, once the graph goes on."""
        what = what or asked.proposal
        key = effect_key(kind, what, asked.id)
        intent = Effect.model_validate(
            {
                "key": key,
                "incident": what.incident,
                "kind": kind,
                "name": what.action,
                "arguments": what.arguments,
                "approval": asked.id,
                "status": EffectStatus.INTENT,
                "intent_at": self.clock.now(),
            }
        )

        async def run() -> ActResult:
            self.done.append(key)
            return ActResult(ok=True, detail="restarted")

        async def nobody_knows() -> ActResult | None:
            return None

        return await self.ledger.once(intent, Call(run=run, read_back=nobody_knows), proposal=what)

    async def told(self) -> list[str]:
        return [str(entry.event.type) for entry in await self.journal.after(0)]
