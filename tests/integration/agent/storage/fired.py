"""An alert that fires, for tests that ask where alerts end."""

from datetime import datetime

from agent.domain.alert import Alert, AlertStatus, Severity


def fired(number: int, now: datetime) -> Alert:
    """Those of different numbers are different alerts."""
    return Alert(
        integration="test",
        name="N",
        status=AlertStatus.FIRING,
        severity=Severity.LOW,
        labels={"number": str(number)},
        starts_at=now,
    )
