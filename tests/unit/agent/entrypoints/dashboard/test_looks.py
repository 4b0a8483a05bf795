from datetime import timedelta
from typing import Any

import pytest

from agent.domain.hypothesis import Diagnosis, Usage, Verdict
from agent.domain.incident import IncidentStatus
from agent.entrypoints.dashboard.looks import Looks, list_moves
from agent.identity.roles import Caller
from agent.views import IncidentView, Load, RunView
from tests.incidents import an_incident

ANN = Caller(name="ann", kind="person", scopes=frozenset({"read"}))


def _diagnosis(summary: str) -> Diagnosis:
    return Diagnosis(verdict=Verdict.CAUSE, analysed_by="analysis", summary=summary, confidence=0.9)


def _seen(*diagnoses: Diagnosis | None) -> IncidentView:
    runs = tuple(
        RunView(id=f"inc-1.{number}", diagnosis=found, usage=None, report=None)
        for number, found in enumerate(diagnoses)
    )
    return IncidentView(
        id="inc-1",
        status=IncidentStatus.OPEN,
        incident=an_incident(),
        alerts=(),
        evidence=(),
        runs=runs,
        hypotheses=(),
        usage=Usage(),
        approvals=(),
        effects=(),
        actions=(),
        timeline=(),
    )


def test_the_latest_diagnosis_is_shown_also_while_the_next_run_has_none() -> None:
    first, second = _diagnosis("first"), _diagnosis("second")
    assert [Looks(_seen(*runs), ANN).diagnosis for runs in ((), (first, second), (first, None))] == [
        None,
        second,
        first,
    ]


@pytest.mark.parametrize(
    ("listed", "changes", "moves"),
    [
        ((), {}, True),
        ((), {"incidents": {"closed": 3}}, False),
        ((), {"incidents": {"closed": 3}, "jobs_waiting": 1}, True),
        ((), {"incidents": {"closed": 3}, "alerts": {"waiting": 1}}, True),
        ((), {"incidents": {"closed": 3}, "alerts": {"waiting": 0, "new": 9}}, False),
        ((IncidentStatus.PARKED, IncidentStatus.RESOLVED), {"incidents": {"parked": 1, "resolved": 1}}, False),
        ((IncidentStatus.PARKED, IncidentStatus.VERIFYING), {"incidents": {"parked": 1, "verifying": 1}}, True),
    ],
)
def test_a_list_looks_again_while_somebody_is_at_work_and_until_the_first_alert(
    listed: tuple[IncidentStatus, ...], changes: dict[str, Any], moves: bool
) -> None:
    idle = Load(alerts={}, incidents={}, jobs_waiting=0, oldest_job=timedelta(0), actions_paused=False)
    load = idle.model_copy(update=changes)
    assert list_moves([an_incident(status=status) for status in listed], load) is moves
