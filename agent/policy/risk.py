"""How risky is this action, here and now?  Each factor is a level and one sentence; the highest is the risk.

What is not known counts as medium, never as low: an action earns its low risk by what can be seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agent.domain.hypothesis import Diagnosis
from agent.domain.remediation import Action, EffectStatus, Factor, Past, Reach, Risk
from agent.domain.rules import Freeze, Hours, Policy
from agent.domain.wording import counted
from agent.policy.on_call import within

ENVIRONMENT = ("env", "environment", "stage")
"""Labels that say where an incident is."""
REMEMBERED = 3
"""Earlier runs that count."""
BROKEN = 0.5
"""With this share of requests failing there is little left to break."""

_ORDER = list(Risk)


@dataclass(frozen=True, kw_only=True)
class Now:
    """What is known of the target and of the time; None where nobody could say."""

    at: datetime
    team: str = ""
    labels: Mapping[str, str]
    """The incident's."""
    targets: tuple[str, ...]
    arguments: Mapping[str, str | int]
    observed: JsonValue = None
    """What the precondition read."""
    traffic: float | None = None
    """Requests a second."""
    errors: float | None = None
    """The share of them that fails, 0 to 1."""
    past: Sequence[Past] | None = None
    """Earlier runs on the same target, the latest first."""


def score(action: Action, now: Now, diagnosis: Diagnosis, policy: Policy) -> tuple[Factor, ...]:
    """Every factor, the highest first; among equals in the order in which people ask."""
    factors = (
        _frozen(now, policy.freezes),
        _aim(now, diagnosis),
        _change(now),
        _experience(action, now.past),
        _reach(action),
        _undoing(action),
        _author(action),
        _confidence(diagnosis, policy),
        _environment(now, policy),
        _replicas(now),
        _traffic(now),
        _hour(now, policy.hours),
    )
    return tuple(sorted(factors, key=lambda factor: -_ORDER.index(factor.level)))


def freeze_at(freezes: Sequence[Freeze], team: str, at: datetime) -> Freeze | None:
    """The change freeze that holds for this team at this moment."""
    return next(
        (one for one in freezes if one.starts_at <= at < one.ends_at and (not one.teams or team in one.teams)), None
    )


def _frozen(now: Now, freezes: Sequence[Freeze]) -> Factor:
    freeze = freeze_at(freezes, now.team, now.at)
    if freeze is None:
        return _factor("freeze", Risk.LOW, "No change freeze holds.")
    until = f"{freeze.ends_at:%Y-%m-%d %H:%M} UTC"
    return _factor("freeze", Risk.HIGH, f"The change freeze “{freeze.name}” holds until {until}.")


def _aim(now: Now, diagnosis: Diagnosis) -> Factor:
    if not now.targets:
        return _factor("target", Risk.HIGH, "It does not say what it acts on.")
    beside = [target for target in now.targets if target != diagnosis.component]
    if beside:
        return _factor("target", Risk.HIGH, f"It acts on {beside[0]}, which is not the diagnosed cause.")
    return _factor("target", Risk.LOW, f"It acts on the diagnosed cause, {diagnosis.component}.")


def _change(now: Now) -> Factor:
    """A number that is set is compared with what it was."""
    for name, wanted in now.arguments.items():
        was = now.observed.get(name) if isinstance(now.observed, dict) else None
        if isinstance(wanted, int) and isinstance(was, int):
            return _step(name, was, wanted)
    return _factor("change", Risk.LOW, "It sets no number.")


def _step(name: str, was: int, wanted: int) -> Factor:
    words = f"It sets {name} from {was} to {wanted}"
    if wanted * 2 < was:
        return _factor("change", Risk.HIGH, f"{words}, less than half.")
    if wanted < was or wanted > was * 3:
        return _factor("change", Risk.MEDIUM, f"{words}, {'less than now' if wanted < was else 'more than threefold'}.")
    return _factor("change", Risk.LOW, f"{words}.")


def _experience(action: Action, past: Sequence[Past] | None) -> Factor:
    name = "past"
    if past is None:
        return _factor(name, Risk.MEDIUM, "It is not known what came of it before.")
    if not past:
        return _factor(name, Risk.MEDIUM, f"{action.name} has never been run on this target before.")
    lately = past[:REMEMBERED]
    helped = sum(one.recovered is True for one in lately)
    words = f"Of its last {len(lately)} runs on this target {helped} helped."
    if lately[0].status is EffectStatus.UNKNOWN or helped * 2 < len(lately):
        return _factor(name, Risk.HIGH, words)
    return _factor(name, Risk.LOW if helped == len(lately) else Risk.MEDIUM, words)


def _reach(action: Action) -> Factor:
    level = {Reach.PART: Risk.LOW, Reach.SERVICE: Risk.MEDIUM, Reach.SEVERAL: Risk.HIGH}[action.reach]
    return _factor("reach", level, f"It touches {action.blast_radius}.")


def _undoing(action: Action) -> Factor:
    if action.reversible:
        return _factor("undo", Risk.LOW, "It can be undone.")
    return _factor("undo", Risk.MEDIUM, "It cannot be undone.")


def _author(action: Action) -> Factor:
    return _factor("catalogue", action.risk, f"Its author rates it {action.risk}.")


def _confidence(diagnosis: Diagnosis, policy: Policy) -> Factor:
    words = f"The diagnosis is {diagnosis.confidence:.0%} sure"
    if diagnosis.confidence >= policy.min_confidence:
        return _factor("confidence", Risk.LOW, f"{words}.")
    return _factor("confidence", Risk.MEDIUM, f"{words}, less than the {policy.min_confidence:.0%} that are needed.")


def _environment(now: Now, policy: Policy) -> Factor:
    named = next((now.labels[label] for label in ENVIRONMENT if now.labels.get(label)), "")
    if not named:
        return _factor("environment", Risk.MEDIUM, "No label says which environment it is; it may be production.")
    return _factor("environment", policy.environments.get(named, Risk.MEDIUM), f"The environment is {named}.")


def _replicas(now: Now) -> Factor:
    found = now.observed.get("replicas") if isinstance(now.observed, dict) else None
    if not isinstance(found, int):
        return _factor("replicas", Risk.MEDIUM, "It is not known how many replicas the target has.")
    if found < 2:
        return _factor("replicas", Risk.MEDIUM, f"The target has {counted(found, 'replica')}: none takes over.")
    return _factor("replicas", Risk.LOW, f"The target has {found} replicas.")


def _traffic(now: Now) -> Factor:
    if now.traffic is None or now.errors is None:
        return _factor("traffic", Risk.MEDIUM, "It is not known how much traffic the target serves now.")
    words = f"The target serves {now.traffic:.3g} requests a second, {now.errors:.0%} of them failing"
    if now.traffic == 0 or now.errors >= BROKEN:
        return _factor("traffic", Risk.LOW, f"{words}: there is little left to break.")
    return _factor("traffic", Risk.MEDIUM, f"{words}: those that succeed are at stake.")


def _hour(now: Now, hours: Hours | None) -> Factor:
    if hours is None:
        return _factor("hours", Risk.LOW, "No working hours are set.")
    local = now.at.astimezone(ZoneInfo(hours.zone))
    if within(hours, now.at):
        return _factor("hours", Risk.LOW, "People are at work.")
    return _factor("hours", Risk.MEDIUM, f"It is {local:%A %H:%M} in {hours.zone}, outside working hours.")


def _factor(name: str, level: Risk, sentence: str) -> Factor:
    return Factor(name=name, level=level, sentence=sentence)
