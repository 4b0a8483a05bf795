"""How does an allowed action reach the world? Checked again at the last moment, through the ledger, at most once."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from agent.domain.errors import Refused
from agent.domain.job import Lease
from agent.domain.remediation import Action, Effect, EffectStatus, Proposal, Step, effect_key
from agent.domain.rules import Policy
from agent.policy.approval import controls
from agent.policy.risk import freeze_at
from agent.ports import Call, Catalogue, Clock, Executor, Ledger
from tools.base import BackendError

LONGEST_ANSWER = 500
"""Characters of what a rehearsal answered that people are shown."""


@dataclass(frozen=True)
class Act:
    """The only hand that reaches out. Only `remediate` and `verify` use it."""

    catalogue: Catalogue
    executors: Mapping[str, Executor]
    ledger: Ledger
    clock: Clock
    policy: Policy
    code: str
    """Digest of the code that carries actions out."""

    @property
    def controls(self) -> str:
        """What a proposal of now is judged by and carried out with."""
        return controls(self.policy, self.code)

    async def observe(self, action: Action, arguments: Mapping[str, str | int]) -> JsonValue:
        """What the action's precondition reads now; None when it has none. Raises Refused when it cannot be read."""
        if action.precondition is None:
            return None
        call = self.catalogue.fill(action.precondition, arguments, None)
        return await self._executor(action.precondition).read(call)

    async def rehearse(self, action: Action, arguments: Mapping[str, str | int]) -> str:
        """What the far end says to a dry run; empty when the action has none. BackendError when it would refuse."""
        if action.rehearsal is None:
            return ""
        call = self.catalogue.fill(action.rehearsal, arguments, None)
        return f"accepted; {await self._executor(action.rehearsal).read(call)}"[:LONGEST_ANSWER]

    def describe(self, step: Step | None, arguments: Mapping[str, str | int], observed: JsonValue) -> str:
        """Exactly what would be sent; empty for no step."""
        if step is None:
            return ""
        return self._executor(step).describe(self.catalogue.fill(step, arguments, observed))

    async def run(self, proposal: Proposal, permit: str, team: str, lease: Lease | None) -> Effect:
        """Run the proposed action. `permit` is the approval's id. Raises Refused."""
        action = self._unchanged(proposal)
        # Once its INTENT is written the target may well look different: that is what the action is for.
        if await self.ledger.get(effect_key("action", proposal, permit)) is None:
            self._not_frozen(proposal, team)
            await self._as_observed(action, proposal)
        return await self._once(proposal, permit, "action", action.do, lease)

    async def roll_back(self, proposal: Proposal, permit: str, lease: Lease | None) -> Effect | None:
        """Undo it, under the same permit; None when the action has no rollback."""
        action = self._unchanged(proposal)
        if action.rollback is None:
            return None
        return await self._once(proposal, permit, "rollback", action.rollback, lease)

    async def _once(self, proposal: Proposal, permit: str, kind: str, step: Step, lease: Lease | None) -> Effect:
        key = effect_key(kind, proposal, permit)
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

    async def _as_observed(self, action: Action, proposal: Proposal) -> None:
        try:
            now = await self.observe(action, proposal.arguments)
        except BackendError as error:
            raise Refused(f"{proposal.title}: the target cannot be looked at again; not done. {error}") from error
        if now != proposal.observed:
            raise Refused(f"{proposal.title}: the target is no longer as it was when this was proposed; not done.")

    def _not_frozen(self, proposal: Proposal, team: str) -> None:
        """A freeze that people knew of when they were asked is theirs to judge; a new one is not ours to ignore."""
        freeze = freeze_at(self.policy.freezes, team, self.clock.now())
        known = any(
            factor.name == "freeze" and freeze and freeze.name in factor.sentence for factor in proposal.factors
        )
        if freeze and not known:
            raise Refused(
                f"{proposal.title}: the change freeze “{freeze.name}” began since this was proposed; not done."
            )

    def _unchanged(self, proposal: Proposal) -> Action:
        action = self.catalogue.get(proposal.action)
        if action.digest != proposal.action_digest:
            raise Refused(f"The definition of {proposal.action} has changed since this was proposed; not done.")
        if self.controls != proposal.controls:
            raise Refused(
                f"The policy, or the code that acts, has changed since {proposal.action} was proposed; not done."
            )
        return action

    def _executor(self, step: Step) -> Executor:
        if (executor := self.executors.get(step.executor)) is None:
            raise Refused(f"The executor “{step.executor}” is not configured; `incident-agent doctor` says how.")
        return executor
