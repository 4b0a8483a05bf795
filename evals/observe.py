"""What does the analysis alone make of a case?  The survey's own questions, without the rest of the line."""

import asyncio
from datetime import UTC, datetime, timedelta

from agent.analysis.findings import Findings
from agent.analysis.observations import Observations
from agent.analysis.ranking import diagnose
from agent.analysis.symptom import symptom_of
from agent.domain.alert import Alert
from agent.graph.nodes import survey
from agent.ingest import alertmanager
from evals.case import Case
from evals.telemetry import recorded_sources

AFTER = timedelta(minutes=5)


async def observe(case: Case) -> Observations:
    """Everything the case recorded, asked as the survey asks production."""
    alerts, now = alerts_of(case), asked_at(case)
    return await survey.observe(recorded_sources(case), alerts, symptom_of(alerts), now, [])


def alerts_of(case: Case) -> list[Alert]:
    """All of the case's alerts, as the webhook's parser reads them."""
    return alertmanager.parse(case.bodies, case.now or datetime.now(UTC))[0]


def asked_at(case: Case) -> datetime:
    """The moment at which the agent is asked: the case's own, or five minutes after its last alert."""
    return case.now or max((alert.starts_at for alert in alerts_of(case)), default=datetime.now(UTC)) + AFTER


def analyse(case: Case) -> Findings:
    """What the survey finds, with no incident, no record and no report."""
    return diagnose(asyncio.run(observe(case)))
