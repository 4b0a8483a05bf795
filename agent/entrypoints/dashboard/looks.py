"""What is worth showing of an incident, and is it still moving?"""

from collections.abc import Sequence
from datetime import datetime

from agent.domain.alert import Placed
from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.event import EventType, Recorded
from agent.domain.evidence import CallGraph, Evidence, EvidenceKind
from agent.domain.hypothesis import Diagnosis, Suspect, Usage
from agent.domain.incident import Incident, IncidentStatus
from agent.entrypoints.dashboard import call_graph
from agent.identity.roles import Caller, Leave, Scope, approval_scope, leave
from agent.notify.charts import Chart, chart_of, said
from agent.views import TIMELINE, IncidentView, Load

_MOVING = frozenset(
    {
        IncidentStatus.OPEN,
        IncidentStatus.INVESTIGATING,
        IncidentStatus.REMEDIATING,
        IncidentStatus.VERIFYING,
    }
)
"""The agent is at work; in every other status it waits for somebody, or is done."""
_SUSPECTS = 3
"""Shown at once; the others on demand."""
ALERTS = 100
"""Of one incident, on one page."""
_RUNBOOKS = 3
_SPENDING = {EventType.MODEL_CALLED, EventType.TOOL_CALLED}


def list_moves(listed: Sequence[Incident], load: Load) -> bool:
    """Will the list soon look different by itself?  An empty installation waits for its first alert."""
    at_work = any(one.status in _MOVING for one in listed) or load.jobs_waiting or load.alerts.get("waiting")
    return bool(at_work or not load.incidents)


class Desk:
    """What the person who looks may do."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def may(self, scope: Scope) -> bool:
        return leave(self._caller, scope).allowed

    def may_approve(self, approval: Approval) -> Leave:
        return leave(self._caller, approval_scope(approval.proposal.risk))

    def may_deny(self) -> Leave:
        return leave(self._caller, "approve:low")


class Looks(Desk):
    """One incident as the person who looks at it may see and decide it."""

    def __init__(self, seen: IncidentView, caller: Caller) -> None:
        super().__init__(caller)
        self._seen = seen
        self.diagnosis: Diagnosis | None = next((run.diagnosis for run in reversed(seen.runs) if run.diagnosis), None)
        """The latest."""
        self._by_id = {one.id: one for one in seen.evidence}

    @property
    def usage(self) -> Usage:
        return sum((run.usage for run in self._seen.runs if run.usage), Usage())

    @property
    def has_report(self) -> bool:
        return any(run.report for run in self._seen.runs)

    @property
    def alerts(self) -> tuple[Placed, ...]:
        """The first of them; the others have pages of their own."""
        return self._seen.alerts[:ALERTS]

    @property
    def runbooks(self) -> list[str]:
        """Where the alerts say that there is one. For people to open: nothing here fetches it."""
        told = {placed.alert.annotations.get("runbook_url", "") for placed in self._seen.alerts}
        return sorted(told - {""})[:_RUNBOOKS]

    @property
    def more_alerts(self) -> int:
        return max(0, len(self._seen.alerts) - ALERTS)

    @property
    def earlier(self) -> int:
        """The entry before which the timeline goes on elsewhere; 0 when all of it is here."""
        whole = len(self._seen.timeline) < TIMELINE
        return 0 if whole else self._seen.timeline[0].sequence

    @property
    def over(self) -> bool:
        return self._seen.incident.status is IncidentStatus.CLOSED

    @property
    def moving(self) -> bool:
        """Not while a human is asked: the page must not change under the hand that is about to click."""
        asked = any(one.status is ApprovalStatus.PENDING for one in self._seen.approvals)
        answered = any(one.status is ApprovalStatus.APPROVED for one in self._seen.approvals)
        return not asked and (answered or self._seen.incident.status in _MOVING | {IncidentStatus.AWAITING_APPROVAL})

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """The likeliest, which are shown at once."""
        return self.diagnosis.suspects[:_SUSPECTS] if self.diagnosis else ()

    @property
    def more_suspects(self) -> tuple[Suspect, ...]:
        return self.diagnosis.suspects[_SUSPECTS:] if self.diagnosis else ()

    @property
    def cited(self) -> tuple[Evidence, ...]:
        """What the diagnosis rests on."""
        return tuple(one for one in self._seen.evidence if one.id in self._cited)

    @property
    def further(self) -> tuple[Evidence, ...]:
        """What else was looked at."""
        return tuple(one for one in self._seen.evidence if one.id not in self._cited)

    @property
    def log_templates(self) -> tuple[Evidence, ...]:
        return tuple(one for one in self._seen.evidence if one.kind is EvidenceKind.LOG and "template" in _facts(one))

    @property
    def graph(self) -> call_graph.Drawing | None:
        """The calls around the fault, of the latest survey; None when none is known."""
        pictures = (one.picture for one in reversed(self._seen.evidence))
        known = next((picture for picture in pictures if isinstance(picture, CallGraph)), None)
        return call_graph.draw(known, [one.component for one in self.suspects]) if known else None

    @property
    def spending(self) -> tuple[Recorded, ...]:
        """Each call of a model or of a tool, in order."""
        return tuple(entry for entry in self._seen.timeline if entry.event.type in _SPENDING)

    @property
    def verified(self) -> Recorded | None:
        """What the success query of the latest action said."""
        return next((one for one in reversed(self._seen.timeline) if one.event.type is EventType.VERIFIED), None)

    @property
    def feedback(self) -> tuple[Recorded, ...]:
        return tuple(entry for entry in self._seen.timeline if entry.event.type is EventType.FEEDBACK)

    def chart(self, evidence: Evidence) -> Chart | None:
        return chart_of(evidence, self.alerted_at)

    def chart_behind(self, suspect: Suspect) -> Evidence | None:
        """The first of its evidence that there is a chart of."""
        found = (self._by_id[id_] for id_ in suspect.evidence if id_ in self._by_id)
        return next((one for one in found if self.chart(one)), None)

    def chart_said(self, evidence: Evidence) -> str:
        drawn = self.chart(evidence)
        return said(drawn) if drawn else ""

    @property
    def alerted_at(self) -> datetime:
        return self._seen.incident.opened_at

    @property
    def _cited(self) -> frozenset[str]:
        found = self.diagnosis
        if found is None:
            return frozenset()
        of_claims = {id_ for claim in found.claims for id_ in claim.evidence}
        return frozenset(of_claims | {id_ for suspect in self.suspects for id_ in suspect.evidence})


def _facts(one: Evidence) -> dict[str, object]:
    return dict(one.content) if isinstance(one.content, dict) else {}
