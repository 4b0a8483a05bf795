"""Whose pods does admission refuse, and is it because a namespace's quota is used up?

Kubernetes documentation, "Resource Quotas", "Limit Ranges", "Deployments" (condition ReplicaFailure). Whoever is
refused because of a quota is its victim: what must change is the quota, or whoever uses it up.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from agent.analysis import cluster_messages as messages
from agent.analysis.cluster_standing import Now
from agent.analysis.cluster_trouble import BROKEN, FAILING, HINT, Trouble
from agent.analysis.wording import quoted
from agent.domain.hypothesis import Fault
from tools.cluster.facts import Quota

_BY_QUOTA = "exceeded quota"
_QUOTED = 400
_UNITS = {
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
}


@dataclass(frozen=True)
class Refusal:
    """Pods of a workload cannot be created, and what was said about it. `message` is untrusted."""

    component: str
    namespace: str
    message: str
    about: str
    count: int = 1

    @property
    def by_quota(self) -> bool:
        return _BY_QUOTA in self.message


def troubles(now: Now) -> list[Trouble]:
    found = refusals(now)
    by_quota: dict[str, list[Refusal]] = {}
    for one in found:
        if one.by_quota:
            by_quota.setdefault(one.namespace, []).append(one)
    return [
        *(_refused(one) for one in found),
        *(_exhausted(namespace, those, now) for namespace, those in by_quota.items() if namespace),
        *(_full(quota, full, now) for quota in now.state.quotas if (full := used_up(quota))),
    ]


def refusals(now: Now) -> list[Refusal]:
    """By events that stand, and by the conditions of workloads that lack pods."""
    told = [
        Refusal(
            one.component, one.namespace, one.message, f"events of {one.kind} {one.namespace}/{one.name}", one.count
        )
        for one in now.state.events
        if one.reason == "FailedCreate" and now.stands(one)
    ]
    told += [
        Refusal(one.name, one.namespace, condition.message, f"{one.kind} {one.namespace}/{one.name}")
        for one in now.state.workloads
        for condition in one.conditions
        if (condition.type, condition.status) == ("ReplicaFailure", "True") and now.well(one.name) is not True
    ]
    return told


def _refused(one: Refusal) -> Trouble:
    kind = messages.first(messages.ADMISSION, one.message)
    return Trouble(
        component=one.component,
        kind="refused",
        text=f"pods of {one.component} cannot be created{f': {kind.says}' if kind else ''}, {quoted(one.message)}",
        strength=BROKEN,
        fault=kind.fault if kind else Fault.CONFIGURATION,
        about=one.about,
        content={"count": one.count, "message": one.message[:_QUOTED]},
        own=not one.by_quota,
        place=one.namespace,
        untrusted=True,
    )


def _exhausted(namespace: str, those: list[Refusal], now: Now) -> Trouble:
    first = those[0]
    said = first.message[first.message.find(_BY_QUOTA) :]
    kind = messages.first(messages.QUOTA, said.partition("requested")[2] or said)
    whom = ", ".join(sorted({one.component for one in those}))
    state: JsonValue = {one.name: _usage(one) for one in now.state.quotas if one.namespace == namespace}
    return Trouble(
        component=namespace,
        kind="quota",
        text=f"the quota of namespace {namespace} is used up, {quoted(said)}: pods of {whom} are refused",
        strength=BROKEN,
        fault=kind.fault if kind else Fault.RESOURCE_POOL,
        about=f"quotas of namespace {namespace}",
        content={"message": first.message[:_QUOTED], "quotas": state},
        untrusted=True,
    )


def _full(quota: Quota, full: list[str], now: Now) -> Trouble:
    """A full quota is usual; it tells when pods are wanted in its namespace that do not exist."""
    lacking = any(
        one.namespace == quota.namespace and one.desired is not None and len(now.pods.get(one.name, ())) < one.desired
        for one in now.state.workloads
        if now.state.pods and now.well(one.name) is False
    )
    kind = messages.first(messages.QUOTA, " ".join(full))
    return Trouble(
        component=quota.namespace,
        kind="quota",
        text=f"quota {quota.name} of namespace {quota.namespace} is used up: {_usage(quota)}",
        strength=FAILING if lacking else HINT,
        fault=kind.fault if kind else Fault.RESOURCE_POOL,
        about=f"ResourceQuota {quota.namespace}/{quota.name}",
        content={"used": {**quota.used}, "hard": {**quota.hard}},
    )


def _usage(quota: Quota) -> str:
    return ", ".join(f"{name} {quota.used.get(name, '?')} of {hard}" for name, hard in quota.hard.items())


def used_up(quota: Quota) -> list[str]:
    """The resources of which nothing is left."""
    pairs = {name: (quantity(quota.used.get(name, "")), quantity(hard)) for name, hard in quota.hard.items()}
    return [name for name, (mine, most) in pairs.items() if mine is not None and most is not None and mine >= most > 0]


def quantity(text: str) -> Decimal | None:
    """A quantity of the Kubernetes API (`250m`, `1Gi`, `3`); None when it is none."""
    unit = next((one for one in _UNITS if text.endswith(one)), "")
    try:
        return Decimal(text.removesuffix(unit)) * _UNITS.get(unit, Decimal(1))
    except InvalidOperation:
        return None
