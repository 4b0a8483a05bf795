"""Does the incident deserve specialists side by side, and who would they be?

One model that looks at one thing after another is cheaper and usually enough. Three at once are worth their tokens
when much is at stake and the signals do not agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.domain.alert import Severity
from agent.domain.evidence import EvidenceKind
from agent.domain.hypothesis import Verdict
from agent.graph.conversation.brief import Brief
from tools.base import Tool

MOST_CALLS = 3
"""Calls of tools that one specialist may make."""
_GRAVE = (Severity.CRITICAL, Severity.HIGH)
_MANY = 3
"""Components that alert, from which an incident is large."""


@dataclass(frozen=True)
class Specialist:
    name: str
    kinds: frozenset[str]
    """Kinds of evidence that are asked for here."""

    @property
    def task(self) -> str:
        """What is asked after the incident's data, which are the same for all."""
        return (
            f"For this one turn you look at {self.name} only; others look at the rest at the same time, and you will "
            f"read what all of them found. Make up to {MOST_CALLS} calls that tell the suspects apart by their "
            f"{self.name}. Do not record hypotheses yet."
        )


SPECIALISTS = (
    Specialist("metrics", frozenset({"metric"})),
    Specialist("logs", frozenset({"log"})),
    Specialist("changes", frozenset({"change", "platform", "runbook"})),
)


def deserved(brief: Brief) -> str:
    """Why the incident deserves them, in half a sentence; empty when it does not."""
    stake, doubt = _stake(brief), _doubt(brief)
    return f"{stake}, and {doubt}" if stake and doubt else ""


def seats(tools: Sequence[Tool]) -> tuple[Specialist, ...]:
    """Those who have something to ask."""
    kinds = {tool.kind for tool in tools}
    return tuple(one for one in SPECIALISTS if one.kinds & kinds)


def _stake(brief: Brief) -> str:
    services = {alert.service for alert in brief.alerts if alert.service}
    if brief.incident.severity in _GRAVE:
        return f"its severity is {brief.incident.severity.value}"
    return f"{len(services)} components alert" if len(services) >= _MANY else ""


def _doubt(brief: Brief) -> str:
    """The analysis cannot decide, or the kinds of evidence accuse different components."""
    if brief.findings.verdict is not Verdict.CAUSE:
        return f"the analysis is {brief.findings.verdict.value}"
    accused = _accused(brief)
    if len(set(accused.values())) > 1:
        return " and ".join(f"{kind}s accuse {name}" for kind, name in sorted(accused.items()))
    return ""


def _accused(brief: Brief) -> dict[str, str]:
    """Kind of evidence -> the first suspect who is accused by it."""
    kinds = {one.id: one.kind for one in brief.evidence}
    accused: dict[str, str] = {}
    for suspect in brief.findings.suspects:
        for kind in {kinds.get(id_) for id_ in suspect.evidence} & _SIGNALS:
            accused.setdefault(str(kind), suspect.component)
    return accused


_SIGNALS = {EvidenceKind.METRIC, EvidenceKind.LOG, EvidenceKind.CHANGE, EvidenceKind.PLATFORM}
