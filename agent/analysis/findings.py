"""What did the analysis find, in a form that is a complete diagnosis when no model is asked?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from agent.analysis.onset import Onset
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Claim, Diagnosis, Fault, Suspect, Verdict


@dataclass(frozen=True)
class Findings:
    """Everything the survey can say. Evidence ids (`a1`, `a2`, ...) are placeholders: see `renamed`."""

    onset: Onset
    verdict: Verdict
    component: str
    """Where the cause sits; empty unless the verdict is `cause`."""
    fault: Fault
    summary: str
    confidence: float
    suspects: tuple[Suspect, ...]
    evidence: tuple[Evidence, ...]
    claims: tuple[Claim, ...]
    ruled_out: tuple[str, ...]
    next_check: str

    def renamed(self, rename: Callable[[str], str]) -> "Findings":
        """The same with other evidence ids, everywhere they are cited."""
        return replace(
            self,
            evidence=tuple(one.model_copy(update={"id": rename(one.id)}) for one in self.evidence),
            claims=tuple(one.model_copy(update={"evidence": _each(rename, one.evidence)}) for one in self.claims),
            suspects=tuple(one.model_copy(update={"evidence": _each(rename, one.evidence)}) for one in self.suspects),
        )

    def diagnosis(self, degraded_because: str = "") -> Diagnosis:
        """The answer when no model has a part in it."""
        return Diagnosis(
            verdict=self.verdict,
            analysed_by="analysis",
            component=self.component,
            fault=self.fault,
            summary=self.summary,
            claims=self.claims,
            suspects=self.suspects,
            ruled_out=self.ruled_out,
            confidence=self.confidence,
            next_check=self.next_check,
            degraded_because=degraded_because,
        )


def _each(rename: Callable[[str], str], ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(rename(one) for one in ids)
