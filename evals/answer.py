"""What is written down about one case?  The rows of the results file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What one investigation came to, in the words of the results file."""

    verdict: str
    category: str
    suspects: tuple[Mapping[str, Any], ...]
    """{component, score, evidence ids, why}, the first suspect first."""
    diagnosis: str
    confidence: float
    claims: int
    claims_dropped: int = 0
    llm_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    incidents: int = 1
    """How many incidents the case's alerts became; the answer is that of the one with most alerts."""
    degraded_because: str = ""
    """Why no model had a part in it although one was asked for."""


BLANK = Answer(verdict="", category="", suspects=(), diagnosis="", confidence=0.0, claims=0, incidents=0)


@dataclass(frozen=True)
class Result:
    """An answer with what it cost; a failed case has no answer and an error."""

    id: str
    seconds: float
    """From the arrival of the body to the written report."""
    peak_mb: float = 0.0
    """The most resident memory meanwhile, above that of an idle agent."""
    cpu_seconds: float = 0.0
    """What this process computed meanwhile, on all its threads."""
    error: str = ""
    answer: Answer | None = None

    def row(self) -> dict[str, Any]:
        told = {
            "id": self.id,
            "seconds": round(self.seconds, 4),
            "cpu_seconds": round(self.cpu_seconds, 4),
            "peak_mb": round(self.peak_mb, 1),
            "error": self.error,
        }
        return told | asdict(self.answer or BLANK)
