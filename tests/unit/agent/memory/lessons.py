"""A lesson and a moment, for the tests of memory."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.ports import Lesson

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def lesson(incident: str = "i1", **changes: Any) -> Lesson:
    usual = Lesson(
        incident=incident,
        title="Checkout fails",
        service="checkout",
        alert_names=("CheckoutErrorRate",),
        symptom="errors",
        component="postgres",
        fault="resource_pool",
        cause="The pool was exhausted.",
        remedy="Raised the limit.",
        outcome="recovered",
        confirmed_by="dana",
        closed_at=NOW - timedelta(days=10),
    )
    return usual.model_copy(update=changes)
