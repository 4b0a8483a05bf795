"""Small recordings for the tests of the case writer and of the check."""

import json
from dataclasses import replace
from typing import Any

from evals.lab.casefile import Arm, LogLine, Recording, Remedy, Truth
from evals.lab.monitoring import Sample, Series

NOW = 1_000_300.0
INJECTED = 1_000_270.0
STEP_S = 5.0


def error_ratio(start: float, end: float, failing_from: float, healed_from: float = 1e12) -> Series:
    """The front end's error ratio: bad between the two moments, calm otherwise."""
    times = [start + STEP_S * number for number in range(int((end - start) / STEP_S) + 1)]
    samples = tuple(Sample(at, 0.6 if failing_from <= at < healed_from else 0.0) for at in times)
    return Series({"__name__": "route:error_ratio", "route": "/checkout", "service": "frontend"}, samples)


def log_line(at: str, message: str = "charge failed") -> LogLine:
    line = {"ts": at, "service": "payment", "pod": "payment-x", "level": "ERROR", "trace": "ab", "message": message}
    return LogLine.model_validate(line)


def body(status: str) -> str:
    return json.dumps({"status": status, "alerts": [{"status": status, "startsAt": "1970-01-12T13:51:30Z"}]})


_INCIDENT = Recording(
    name="deploy-payment",
    truth=Truth(
        root_cause="payment",
        fault_type="deploy",
        fault_family="deployment",
        injected_at=INJECTED,
        evidence="service:error_ratio of payment",
    ),
    alert=body("firing"),
    resolved=body("resolved"),
    history_start=1_000_000.0,
    alert_at=1_000_290.0,
    now=NOW,
    step_s=STEP_S,
    before=Arm([error_ratio(1_000_000.0, NOW, INJECTED)], [log_line("1970-01-12T13:51:20Z")]),
    changes=[],
    unhealed=Arm([error_ratio(NOW + STEP_S, NOW + 100, 0.0)], []),
    remedy=Remedy(action="roll-back-deploy", arguments={"service": "payment"}),
    action_at=NOW + 100,
    healed=Arm(
        [error_ratio(NOW + 100, NOW + 200, 0.0, NOW + 115)], [log_line("1970-01-12T13:53:21.5Z", "2.3.1 started")]
    ),
)


def incident(**changes: Any) -> Recording:
    """A bad deployment of payment that a rollback heals, with some things otherwise."""
    return replace(_INCIDENT, **changes)
