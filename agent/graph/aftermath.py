"""Whom did it hit, for how long, and what is left to do?  What a postmortem tells beside the cause."""

from collections.abc import Iterator, Sequence

from agent.domain.alert import Placed
from agent.domain.evidence import CallGraph, Evidence
from agent.domain.hypothesis import Diagnosis, Impact, Verdict
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.remediation import Effect, EffectStatus, Verification
from agent.domain.wording import counted, lasting

_MOST_NAMES = 12


def impact(
    incident: Incident, alerts: Sequence[Placed], evidence: Sequence[Evidence], diagnosis: Diagnosis
) -> Iterator[str]:
    """How long, which services, along which calls; then each component by what was found of it."""
    began = min([placed.alert.starts_at for placed in alerts] or [incident.opened_at])
    if incident.resolved_at:
        ended = incident.resolved_at
        yield f"It lasted {lasting(ended - began)}, from {began:%H:%M:%S} to {ended:%H:%M:%S} UTC."
    else:
        yield f"It began at {began:%H:%M:%S} UTC and is not over."
    services = sorted({service for placed in alerts if (service := placed.alert.service)})
    yield f"{counted(len(alerts), 'alert')}, of {_names(services) or 'no service that they name'}."
    pictures = (one.picture for one in reversed(evidence))
    calls = next((picture for picture in pictures if isinstance(picture, CallGraph)), None)
    if calls and diagnosis.verdict is Verdict.CAUSE and calls.told:
        yield calls.told
    yield from _found(diagnosis.impact)


def follow_ups(
    incident: Incident, diagnosis: Diagnosis, effect: Effect | None, verification: Verification | None
) -> Iterator[str]:
    """What nobody has done yet, as far as the record tells."""
    if incident.status is IncidentStatus.PARKED:
        yield "A human must go on where the agent stopped."
    if effect and effect.status is EffectStatus.UNKNOWN:
        yield f"Find out whether {effect.name} took place, and say so: incident-agent effects settle {effect.key}"
    if verification and verification.recovered and diagnosis.verdict is Verdict.CAUSE:
        what = f"{diagnosis.component} does not fail like this again ({diagnosis.fault.words})"
        yield f"What people felt is over. See to it that {what}."
    if diagnosis.verdict is Verdict.HEALTHY:
        yield "When the alert was wrong, change its rule; when it was right, say what was overlooked."
    if diagnosis.impact.not_checked:
        yield f"Look at what was not looked at: {_names(diagnosis.impact.not_checked)}."
    yield f"Say whether the diagnosis is right: incident-agent feedback {incident.id} --verdict right"


def _found(found: Impact) -> Iterator[str]:
    told = (
        ("Affected", found.affected),
        ("Checked and healthy", found.healthy),
        ("Changed for another reason", found.changed_otherwise),
        ("Not checked", found.not_checked),
    )
    for name, listed in told:
        if listed:
            yield f"{name}: {_names(listed)}"


def _names(listed: Sequence[str]) -> str:
    more = f" and {len(listed) - _MOST_NAMES} more" if len(listed) > _MOST_NAMES else ""
    return ", ".join(listed[:_MOST_NAMES]) + more
