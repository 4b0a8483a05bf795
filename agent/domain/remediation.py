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
    do: Step
    precondition: Step | None = None
    """Read before asking and again before acting; the answers must be the same."""
    rollback: Step | None = None
    success: SuccessQuery

    @property
    def digest(self) -> str:
        """Changes when anything about the definition does; an approval binds to it."""
        return digest(self.model_dump(mode="json"))


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
    risk: Risk
    reversible: bool
    blast_radius: str
    title: str
    because: str
    """Why this action, in one sentence."""
    dry_run: str = ""
    """Exactly what would be sent."""
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


class Verification(Noun):
    """Did it help? What the action's own success query said."""

    recovered: bool
    query: str
    observed: float | None
    """The last value; None when the query gave none."""
    detail: str
    rolled_back: bool = False
