"""An incident as one finds it on the record, where a test asks about something else."""

from datetime import datetime
from typing import Any

from agent.domain.alert import Severity
from agent.domain.incident import Incident, IncidentStatus
from tests.clocks import NOON


def an_incident(at: datetime = NOON, **changes: Any) -> Incident:
    """Opened then, and nothing else is known of it."""
    usual = {"id": "inc-1", "status": IncidentStatus.OPEN, "severity": Severity.HIGH, "title": "Errors on cart"}
    return Incident.model_validate({**usual, "opened_at": at, "updated_at": at, **changes})
