"""What is the target like at this moment? What cannot be found out is None, and counts as risk."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite

from pydantic import JsonValue

from agent.domain.incident import Incident
from agent.domain.remediation import Action
from agent.graph.context import Context
from agent.policy.risk import Now
from agent.ports import Metrics
from tools.base import BackendError
from tools.quoting import escaped


async def look(
    context: Context, incident: Incident, action: Action, arguments: Mapping[str, str | int], observed: JsonValue
) -> Now:
    """Ask for the target's traffic and errors, and the record for what came of this before."""
    named = _named(action, arguments)
    now = context.clock.now()
    target = named[0] if named else ""
    traffic, errors = await asyncio.gather(
        _value(context.sources.metrics, context.policy.traffic_query, target, now),
        _value(context.sources.metrics, context.policy.errors_query, target, now),
    )
    return Now(
        at=now,
        team=incident.team,
        labels=incident.labels,
        targets=targets(action, arguments),
        arguments=arguments,
        observed=observed,
        traffic=traffic,
        errors=errors,
        past=await context.act.ledger.past(action.name, named),
    )


def targets(action: Action, arguments: Mapping[str, str | int]) -> tuple[str, ...]:
    """The components the action acts on: those its arguments name, or else those it is made for."""
    return tuple(_named(action, arguments)) or action.services


def _named(action: Action, arguments: Mapping[str, str | int]) -> Sequence[str]:
    return [str(arguments[name]) for name, argument in action.arguments.items() if argument.entity]


async def _value(metrics: Metrics | None, query: str, target: str, at: datetime) -> float | None:
    if metrics is None or not query or not target:
        return None
    try:
        found = await metrics.query(query.replace("{service}", escaped(target)), at)
    except BackendError:
        return None
    values = [float(one.values[-1]) for one in found if len(one.values) and isfinite(one.values[-1])]
    return values[0] if len(values) == 1 else None
