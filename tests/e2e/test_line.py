"""Does an alert become a checked diagnosis and an approved action, and nothing else?"""

from pathlib import Path

import pytest

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import Conflict
from agent.domain.event import EventType
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import EffectStatus
from agent.identity.roles import Caller
from tests.e2e.line import Line, line


async def _decide(running: Line, decision: Decision) -> None:
    asked = await running.until(EventType.APPROVAL_REQUESTED)
    approval = str(asked.event.facts["approval"])
    keys = running.application.identity.keys
    ann = await keys.authenticate((await keys.create("ann", "person", ["approve:high"])).token)
    await running.application.service.people.decide(approval, decision, ann, "rest", "because")


async def test_an_approved_action_heals_once_and_is_verified(tmp_path: Path) -> None:
    async with line(tmp_path) as running:
        await running.post_alert()
        await _decide(running, Decision.APPROVE)
        await running.until(EventType.REPORTED)
        incident = (await running.application.views.incidents()).incidents[0]
        seen = await running.application.views.incident(incident.id)
        assert [(entry["service"], entry["what"]) for entry in running.shop.journal] == [("payment", "rollback")]
        assert (incident.status, seen.approvals[0].status) == (IncidentStatus.RESOLVED, ApprovalStatus.SPENT)
        diagnosis = seen.runs[-1].diagnosis
        assert diagnosis is not None
        assert (diagnosis.component, diagnosis.analysed_by) == ("payment", "analysis")
        cited = {id_ for claim in diagnosis.claims for id_ in claim.evidence}
        assert cited <= {one.id for one in seen.evidence}
        assert [one.component for one in seen.hypotheses if one.status == "supported"] == ["payment"]
        assert [(one.name, one.status) for one in seen.actions] == [("roll-back-deploy", EffectStatus.DONE)]
        assert (await running.application.record.journal.verify())[1] == ""


async def test_a_denied_action_is_not_run_and_a_human_is_told(tmp_path: Path) -> None:
    async with line(tmp_path) as running:
        await running.post_alert()
        await _decide(running, Decision.DENY)
        await running.until(EventType.REPORTED)
        incident = (await running.application.views.incidents()).incidents[0]
        assert (incident.status, incident.parked_because) == (
            IncidentStatus.PARKED,
            "ann said no (“because”); nothing was done and a human must take over.",
        )
        assert (running.shop.journal, running.replay.healed_at) == ([], None)


async def test_a_yes_while_actions_are_paused_is_not_taken_and_the_question_goes_on_waiting(tmp_path: Path) -> None:
    async with line(tmp_path) as running:
        await running.post_alert()
        asked = str((await running.until(EventType.APPROVAL_REQUESTED)).event.facts["approval"])
        people, views = running.application.service.people, running.application.views
        keys = running.application.identity.keys
        ann = await keys.authenticate((await keys.create("ann", "person", ["approve:high"])).token)
        await people.switch_actions(paused=True, who=ann)
        with pytest.raises(Conflict, match="Let them go on first"):
            await people.decide(asked, Decision.APPROVE, ann, "rest")
        assert (await views.approval(asked)).status is ApprovalStatus.PENDING
        await people.switch_actions(paused=False, who=ann)
        await people.decide(asked, Decision.APPROVE, ann, "rest")
        await running.until(EventType.REPORTED)
        assert [entry["what"] for entry in running.shop.journal] == ["rollback"]


async def test_without_leave_nothing_is_even_asked(tmp_path: Path) -> None:
    async with line(tmp_path, policy="{autonomy: observe}") as running:
        await running.post_alert()
        await running.until(EventType.REPORTED)
        incident = (await running.application.views.incidents()).incidents[0]
        assert incident.status is IncidentStatus.PARKED
        assert await running.application.views.approvals() == []
        assert running.shop.journal == []


async def test_a_question_nobody_answers_expires_and_the_incident_is_parked(tmp_path: Path) -> None:
    async with line(tmp_path, policy="{autonomy: approve, approval_valid: 20}") as running:
        await running.post_alert()
        await running.until(EventType.APPROVAL_EXPIRED)
        await running.until(EventType.REPORTED)
        incident = (await running.application.views.incidents()).incidents[0]
        assert incident.status is IncidentStatus.PARKED
        assert running.shop.journal == []


@pytest.mark.attack("S24")
async def test_a_machine_cannot_approve(tmp_path: Path) -> None:
    from agent.domain.errors import NotAllowed

    machine = Caller(name="ci", kind="machine", scopes=frozenset({"admin"}))
    async with line(tmp_path) as running:
        await running.post_alert()
        asked = await running.until(EventType.APPROVAL_REQUESTED)
        with pytest.raises(NotAllowed, match="only a person can approve"):
            await running.application.service.people.decide(
                str(asked.event.facts["approval"]), Decision.APPROVE, machine, "rest"
            )
