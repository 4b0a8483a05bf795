"""Did it help? The action's own success query says; when it did not, it is rolled back."""

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from math import isnan

from langgraph.runtime import Runtime

from agent.domain.errors import JournalBroken, Refused
from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import Action, Effect, EffectStatus, Proposal, SuccessQuery, Verification
from agent.graph.context import Context
from agent.graph.nodes.remediate import permit
from agent.graph.state import Found, State
from agent.ports import Clock, Metrics
from tools.base import BackendError

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_PAUSE = timedelta(seconds=1)


async def verify(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    proposal = Proposal.model_validate(state["proposal"])
    effect = Effect.model_validate(state["effect"])
    action = context.catalogue.get(proposal.action)
    query = context.catalogue.success_query(action, proposal.arguments)
    await context.incidents.move(
        proposal.incident, IncidentStatus.VERIFYING, f"Waits for the success query of {action.name}."
    )
    verification = await _watch(context, action, query, effect.outcome_at or effect.intent_at)
    if not verification.recovered:
        verification = await _undo(state, context, proposal, verification)
    text = f"{'Recovered' if verification.recovered else 'Not recovered'}: {verification.detail}"
    facts = {"recovered": verification.recovered, "query": query, "rolled_back": verification.rolled_back}
    await context.journal.record(Event(type=EventType.VERIFIED, incident=proposal.incident, text=text, facts=facts))
    return {"verification": verification.model_dump(mode="json")}


async def _watch(context: Context, action: Action, query: str, since: datetime) -> Verification:
    if context.sources.metrics is None:
        detail = "No metrics back end is configured, so nobody but a human can tell."
        return Verification(recovered=False, query=query, observed=None, detail=detail)
    context.aside()
    return await watch(context.sources.metrics, context.clock, action.success, query, since)


async def watch(metrics: Metrics, clock: Clock, success: SuccessQuery, query: str, since: datetime) -> Verification:
    """Ask until it holds for `stable_for`, or until `within` after `since` is over, whichever comes first.

    `since` is when the action was done, so a worker that died while waiting does not wait anew.
    """
    held_since: datetime | None = None
    while True:
        value, problem = await _read(metrics, query, clock.now())
        holds = value is not None and _COMPARE[success.operator](value, success.value)
        now = clock.now()
        # A clock that was set back, before or meanwhile, must not make it wait until it has caught up.
        since = min(since, now)
        held_since = min(held_since or now, now) if holds else None
        wanted = f"{success.operator} {success.value:g}"
        if held_since is not None and now - held_since >= success.stable_for:
            took = (now - since).total_seconds()
            detail = f"{took:.0f} s after the action its success query is {value:.4g}, as it should be ({wanted})."
            return Verification(recovered=True, query=query, observed=value, detail=detail)
        if now >= since + success.within:
            seen = problem or (f"it is {value:.4g}" if value is not None else "it has no value")
            within = success.within.total_seconds()
            detail = f"{within:.0f} s after the action its success query is not {wanted}: {seen}."
            return Verification(recovered=False, query=query, observed=value, detail=detail)
        await clock.sleep(_PAUSE)


async def _read(metrics: Metrics, query: str, at: datetime) -> tuple[float | None, str]:
    """(the first series' value, what went wrong); the query is written to give one series."""
    try:
        found = await metrics.query(query, at)
    except BackendError as error:
        return None, str(error)
    values = [float(one.values[-1]) for one in found if len(one.values) and not isnan(one.values[-1])]
    return (values[0] if values else None), ""


async def _undo(state: State, context: Context, proposal: Proposal, seen: Verification) -> Verification:
    try:
        undone = await context.act.roll_back(proposal, permit(state), context.lease)
    except (Refused, BackendError, JournalBroken) as refusal:
        return seen.model_copy(update={"detail": f"{seen.detail} It was not rolled back: {refusal}"})
    if undone is None:
        return seen.model_copy(update={"detail": f"{seen.detail} The action has no rollback."})
    done = undone.status is EffectStatus.DONE
    words = "It was rolled back." if done else f"The rollback is {undone.status}: {undone.detail}"
    return seen.model_copy(update={"detail": f"{seen.detail} {words}", "rolled_back": done})
