"""What is worth showing of an incident, and is it still moving?"""

from collections.abc import Sequence

from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis, Usage
from agent.domain.incident import Incident, IncidentStatus
from agent.identity.roles import Caller, Leave, approval_scope, leave
from agent.views import IncidentView, Load

_MOVING = frozenset(
    {
        IncidentStatus.OPEN,
        IncidentStatus.INVESTIGATING,
        IncidentStatus.REMEDIATING,
        IncidentStatus.VERIFYING,
    }
)
"""The agent is at work; in every other status it waits for somebody, or is done."""


def list_moves(listed: Sequence[Incident], load: Load) -> bool:
    """Will the list soon look different by itself?  An empty installation waits for its first alert."""
    at_work = any(one.status in _MOVING for one in listed) or load.jobs_waiting or load.alerts.get("waiting")
    return bool(at_work or not load.incidents)


class Looks:
    """One incident as the person who looks at it may see and decide it."""

    def __init__(self, seen: IncidentView, caller: Caller) -> None:
        self._seen = seen
        self._caller = caller

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The latest."""
        return next((run.diagnosis for run in reversed(self._seen.runs) if run.diagnosis), None)

    @property
    def usage(self) -> Usage:
        return sum((run.usage for run in self._seen.runs if run.usage), Usage())

    @property
    def has_report(self) -> bool:
        return any(run.report for run in self._seen.runs)

    @property
    def moving(self) -> bool:
        """Not while a human is asked: the page must not change under the hand that is about to click."""
        asked = any(one.status is ApprovalStatus.PENDING for one in self._seen.approvals)
        answered = any(one.status is ApprovalStatus.APPROVED for one in self._seen.approvals)
        return not asked and (answered or self._seen.incident.status in _MOVING | {IncidentStatus.AWAITING_APPROVAL})

    @property
    def cited(self) -> tuple[Evidence, ...]:
        """What the diagnosis rests on."""
        return tuple(one for one in self._seen.evidence if one.id in self._cited)

    @property
    def further(self) -> tuple[Evidence, ...]:
        """What else was looked at."""
        return tuple(one for one in self._seen.evidence if one.id not in self._cited)

    def may_approve(self, approval: Approval) -> Leave:
        return leave(self._caller, approval_scope(approval.proposal.risk))

    def may_deny(self) -> Leave:
        return leave(self._caller, "approve:low")

    @property
    def _cited(self) -> frozenset[str]:
        found = self.diagnosis
        if found is None:
            return frozenset()
        of_claims = {id_ for claim in found.claims for id_ in claim.evidence}
        return frozenset(of_claims | {id_ for suspect in found.suspects for id_ in suspect.evidence})
