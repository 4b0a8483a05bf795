"""Remediation: the actions of the catalogue, a proposal to run one, and what came of it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue

from agent.domain.base import Noun, digest
from agent.domain.hypothesis import Fault


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Argument(Noun):
    """One typed argument of an action."""

    type: Literal["string", "integer"] = "string"
    description: str = ""
    pattern: str = r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}"
    """A string must match it entirely."""
    minimum: int | None = None
    maximum: int | None = None
    default: str | int | None = None
    entity: bool = False
    """It names a component; one that no tool ever returned is refused."""
    observed_in: str = ""
    """A regular expression with one group: how a change of the target tells the value, when nobody names it."""


class SuccessQuery(Noun):
    """The metric condition that says the action helped. `{name}` stands for an argument."""

    query: str
    operator: Literal["<", "<=", ">", ">=", "=="]
    value: float
    within: timedelta
    """How long to wait for it to become and stay true."""
    stable_for: timedelta = timedelta(0)


class Step(Noun):
    """One call to the outside: which executor, and what it is told. `{name}` stands for an argument."""

    executor: str
    """A name that `tools/act` answers to: `http`, `kubernetes`, `command`."""
    call: dict[str, JsonValue]


class Reach(StrEnum):
    """How much an action touches at a time; what an author does not say counts as the widest."""

    PART = "part"
    """One feature, or some of a service's replicas."""
    SERVICE = "service"
    """All of one service."""
    SEVERAL = "several"
    """More than one service."""


class Action(Noun):
    """An entry of the catalogue (`runbooks/<name>/action.yaml`): the only things the agent can do."""

    name: str
    title: str
    """For people: `Restart {service}`."""
    description: str = ""
    faults: tuple[Fault, ...]
    """The kinds of cause it is a remedy for; without a model this is how it is chosen."""
    services: tuple[str, ...] = ()
    """Components it applies to; empty: any."""
    arguments: dict[str, Argument]
    risk: Risk
    reversible: bool
    blast_radius: str
    """One phrase: `one process`, `all replicas of one service`."""
    reach: Reach = Reach.SEVERAL
    """The same for the reckoning of risk."""
    do: Step
    precondition: Step | None = None
    """Read before asking and again before acting; the answers must be the same."""
    rehearsal: Step | None = None
    """Read before asking: what would happen, in the far end's own words, or that it would refuse."""
    rollback: Step | None = None
    success: SuccessQuery

    @property
    def digest(self) -> str:
        """Changes when anything about the definition does; an approval binds to it."""
        return digest(self.model_dump(mode="json"))


class Factor(Noun):
    """One reason why an action is as risky as it is."""

    name: str
    level: Risk
    sentence: str
    """What a person reads."""


class Proposal(Noun):
    """An action with its arguments, for one incident, as a human is asked about it."""

    incident: str
    run: str
    action: str
    action_digest: str
    arguments: dict[str, str | int]
    """After defaults; canonical."""
    observed: JsonValue = None
    """What the precondition read when this was proposed."""
    controls: str = ""
    """Digest of the policy it was judged by and of the code that would carry it out; both may have changed since."""
    targets: tuple[str, ...] = ()
    """The components it acts on, by name."""
    factors: tuple[Factor, ...] = ()
    """Why the risk is what it is; the highest of them is the risk."""
    risk: Risk
    reversible: bool
    blast_radius: str
    title: str
    because: str
    """Why this action, in one sentence."""
    dry_run: str = ""
    """Exactly what would be sent."""
    rehearsed: str = ""
    """What the far end answered to a rehearsal; empty for an action that has none."""
    rollback: str = ""
    """Exactly what would be sent to undo it; approved together with the action."""

    @property
    def digest(self) -> str:
        return digest(self.model_dump(mode="json"))


class Permission(StrEnum):
    RUN = "run"
    ASK = "ask"
    REFUSE = "refuse"


class Judgement(Noun):
    """Policy's answer to a proposal, with the sentence people read."""

    permission: Permission
    reason: str


class EffectStatus(StrEnum):
    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Effect(Noun):
    """One line of the effect ledger: a call to the outside and what is known of it."""

    key: str
    """The idempotency key sent along: derived from incident, action, arguments and approval."""
    incident: str
    kind: Literal["action", "rollback", "ticket", "message"]
    name: str
    arguments: JsonValue
    approval: str | None
    """The approval, or the policy decision, that allowed it."""
    status: EffectStatus
    intent_at: datetime
    outcome_at: datetime | None = None
    detail: str = ""
    result: JsonValue = None


def effect_key(kind: str, proposal: Proposal, permit: str) -> str:
    """The idempotency key of the one effect that a permit allows.

    Never of the lease or the attempt: a retry must carry the key of the first try.
    """
    return digest([kind, proposal.incident, proposal.action, proposal.arguments, permit])


class Past(Noun):
    """What came of an earlier run of the same action on the same target."""

    at: datetime
    status: EffectStatus
    recovered: bool | None
    """What its success query said; None when nobody knows."""


class Verification(Noun):
    """Did it help? What the action's own success query said."""

    recovered: bool
    query: str
    observed: float | None
    """The last value; None when the query gave none."""
    detail: str
    rolled_back: bool = False
