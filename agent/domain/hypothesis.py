"""Hypotheses, suspects and the diagnosis: what may be the cause, and why we say so."""

from enum import StrEnum
from typing import Literal

from agent.domain.base import Noun


class Verdict(StrEnum):
    CAUSE = "cause"
    HEALTHY = "healthy"
    INCONCLUSIVE = "inconclusive"


class Fault(StrEnum):
    """The kind of cause."""

    DEPLOYMENT = "deployment"
    CONFIGURATION = "configuration"
    RESOURCE_CPU = "resource_cpu"
    RESOURCE_MEMORY = "resource_memory"
    RESOURCE_DISK = "resource_disk"
    RESOURCE_POOL = "resource_pool"
    """Connections, threads, descriptors, locks."""
    NETWORK = "network"
    DEPENDENCY = "dependency"
    APPLICATION = "application"
    INFRASTRUCTURE = "infrastructure"
    TRAFFIC = "traffic"
    CRASH = "crash"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """As people read it."""
        return self.value.replace("_", " ")


class Suspect(Noun):
    """A component that may be the cause, as the analysis ranks it."""

    component: str
    score: float
    """0 to 1; comparable within one ranking only."""
    why: str
    """One sentence a person can check."""
    evidence: tuple[str, ...] = ()
    fault: Fault = Fault.UNKNOWN


class Found(Noun):
    """What a person said of a component once an incident was over."""

    component: str
    who: str
    was_cause: bool
    """False: it was said to be, and was not."""


class Claim(Noun):
    """One sentence of a diagnosis and the evidence it rests on."""

    text: str
    evidence: tuple[str, ...]


class Hypothesis(Noun):
    claim: str
    component: str
    status: Literal["open", "supported", "refuted"]
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()


class Impact(Noun):
    """Who feels it: components, each in one of four lists, so that "not affected" never means "not looked at"."""

    affected: tuple[str, ...] = ()
    healthy: tuple[str, ...] = ()
    """Looked at, and found healthy."""
    changed_otherwise: tuple[str, ...] = ()
    """Changed in the window, for a reason of its own."""
    not_checked: tuple[str, ...] = ()


class Diagnosis(Noun):
    verdict: Verdict
    analysed_by: Literal["analysis", "model"]
    component: str = ""
    """Where the cause sits; empty unless the verdict is `cause`."""
    fault: Fault = Fault.UNKNOWN
    summary: str
    """Two or three sentences for the page at 3 a.m."""
    mechanism: str = ""
    """How the cause leads to the symptom, in one sentence; empty when that is not known."""
    claims: tuple[Claim, ...] = ()
    claims_dropped: int = 0
    """Claims that the evidence did not bear out, and that were therefore left out."""
    suspects: tuple[Suspect, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    ruled_out: tuple[str, ...] = ()
    impact: Impact = Impact()
    confidence: float
    """0 to 1."""
    next_check: str = ""
    """What to look at when this is wrong."""
    precedent: str = ""
    """The past incident that this one is again: a person confirmed it, and the state of now agrees."""
    degraded_because: str = ""
    """Why no model had a part in it although one was configured."""


class Usage(Noun):
    """What the model cost."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
        )
