"""Actions for the tests of the catalogue."""

from datetime import timedelta
from typing import Any

from agent.domain.hypothesis import Diagnosis, Fault, Verdict
from agent.domain.remediation import Action, Argument, Risk, Step, SuccessQuery

SERVICE = Argument(entity=True, pattern="[a-z][a-z0-9-]{0,62}")


def action(name: str = "restart", **changes: Any) -> Action:
    """A restart of one service, with these changes."""
    plain: dict[str, Any] = {
        "name": name,
        "title": "Restart {service}",
        "faults": (Fault.CRASH,),
        "arguments": {"service": SERVICE},
        "risk": Risk.LOW,
        "reversible": False,
        "blast_radius": "one process",
        "do": Step(executor="http", call={"endpoint": "control", "method": "POST", "path": "/services/{service}"}),
        "success": SuccessQuery(query='up{service="{service}"}', operator="==", value=1, within=timedelta(minutes=2)),
    }
    return Action(**{**plain, **changes})


def diagnosis(component: str = "checkout", fault: Fault = Fault.CRASH, verdict: Verdict = Verdict.CAUSE) -> Diagnosis:
    return Diagnosis(
        verdict=verdict, analysed_by="analysis", component=component, fault=fault, summary="It is so.", confidence=0.9
    )
