"""By which signs does a component show that something is wrong?  Such as can be looked for again, whenever that is."""

from collections.abc import Iterable

from pydantic import JsonValue

from agent.domain.base import digest
from agent.domain.evidence import Evidence, EvidenceKind

_SURVEY = "analysis"
"""The survey asks the same things every time; what a model asks is another thing each time."""


def signs(component: str, evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """One for each piece of the survey's evidence about it: what was measured or written, not when and not how much.

    Digests, since whoever can write a log line can write what stands in it.
    """
    about = (_sign(one) for one in evidence if one.entity == component and one.source == _SURVEY)
    return tuple(sorted({digest(one)[:16] for one in about if one}))


def _sign(one: Evidence) -> list[JsonValue]:
    """Empty when it cannot be found again."""
    told = one.content if isinstance(one.content, dict) else {}
    match one.kind:
        case EvidenceKind.METRIC:
            return ["metric", one.query]
        case EvidenceKind.LOG if "template" in told:
            return ["log", one.entity, told["template"]]
        case EvidenceKind.CHANGE if "kind" in told:
            return ["change", one.entity, told["kind"]]
    return []
