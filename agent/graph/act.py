"""How does an allowed action reach the world? Checked again at the last moment, through the ledger, at most once."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from agent.domain.base import digest
from agent.domain.errors import Refused
from agent.domain.job import Lease
from agent.domain.remediation import Action, Effect, EffectStatus, Proposal, Step
from agent.ports import Call, Catalogue, Clock, Executor, Ledger


@dataclass(frozen=True)
class Act:
    """The only hand that reaches out. Only `remediate` and `verify` use it."""

    catalogue: Catalogue
    executors: Mapping[str, Executor]
    ledger: Ledger
    clock: Clock

    async def observe(self, action: Action, arguments: Mapping[str, str | int]) -> JsonValue:
        """What the action's precondition reads now; None when it has none. Raises Refused when it cannot be read."""
        if action.precondition is None:
            return None
        call = self.catalogue.fill(action.precondition, arguments, None)
        return await self._executor(action.precondition).read(call)

    def describe(self, step: Step | None, arguments: Mapping[str, str | int], observed: JsonValue) -> str:
        """Exactly what would be sent; empty for no step."""
        if step is None:
            return ""
        return self._executor(step).describe(self.catalogue.fill(step, arguments, observed))

    async def run(self, proposal: Proposal, permit: str, lease: Lease | None) -> Effect:
        """Run the proposed action. `permit` is the approval's id, or the policy decision's. Raises Refused."""
        action = self._unchanged(proposal)
        key = _key("action", proposal, permit)
        # Once its INTENT is written the target may well look different: that is what the action is for.
        if await self.ledger.get(key) is None and await self.observe(action, proposal.arguments) != proposal.observed:
            raise Refused(f"{proposal.title}: the target is no longer as it was when this was proposed; not done.")
        return await self._once(proposal, permit, "action", action.do, lease)

    async def roll_back(self, proposal: Proposal, permit: str, lease: Lease | None) -> Effect | None:
        """Undo it, under the same permit; None when the action has no rollback."""
        action = self._unchanged(proposal)
        if action.rollback is None:
            return None
        return await self._once(proposal, permit, "rollback", action.rollback, lease)

    async def _once(self, proposal: Proposal, permit: str, kind: str, step: Step, lease: Lease | None) -> Effect:
        key = _key(kind, proposal, permit)
        executor = self._executor(step)
        call = self.catalogue.fill(step, proposal.arguments, proposal.observed)
        intent = Effect.model_validate(
            {
                "key": key,
                "incident": proposal.incident,
                "kind": kind,
                "name": proposal.action,
                "arguments": proposal.arguments,
                "approval": permit,
                "status": EffectStatus.INTENT,
                "intent_at": self.clock.now(),
                "detail": executor.describe(call),
            }
        )
        reach = Call(run=lambda: executor.run(call, key), read_back=lambda: executor.read_back(call, key))
        return await self.ledger.once(intent, reach, proposal=proposal, lease=lease)

    def _unchanged(self, proposal: Proposal) -> Action:
        action = self.catalogue.get(proposal.action)
        if action.digest != proposal.action_digest:
            raise Refused(f"The definition of {proposal.action} has changed since this was proposed; not done.")
        return action

    def _executor(self, step: Step) -> Executor:
        if (executor := self.executors.get(step.executor)) is None:
            raise Refused(f"The executor “{step.executor}” is not configured; `incident-agent doctor` says how.")
        return executor


def _key(kind: str, proposal: Proposal, permit: str) -> str:
    """Never of the lease or the attempt: a retry must carry the key of the first try."""
    return digest([kind, proposal.incident, proposal.action, proposal.arguments, permit])
