"""Does policy answer what its rules say, and always with a reason?"""

import pytest

from agent.domain.hypothesis import Diagnosis, Fault, Verdict
from agent.domain.remediation import Judgement, Permission, Proposal, Risk
from agent.domain.rules import Policy
from agent.policy.approval import autonomy_for, judge

OBSERVED = frozenset({"cart", "payment"})


def _diagnosis(**changed: object) -> Diagnosis:
    values = {
        "verdict": Verdict.CAUSE,
        "analysed_by": "analysis",
        "component": "cart",
        "fault": Fault.RESOURCE_MEMORY,
        "summary": "cart leaks.",
        "confidence": 0.9,
        **changed,
    }
    return Diagnosis.model_validate(values)


def _proposal(**changed: object) -> Proposal:
    values = {
        "incident": "inc-1",
        "run": "inc-1.1",
        "action": "restart-service",
        "action_digest": "d",
        "arguments": {"service": "cart"},
        "risk": Risk.LOW,
        "reversible": True,
        "blast_radius": "one process",
        "title": "Restart cart",
        "because": "it leaks",
        **changed,
    }
    return Proposal.model_validate(values)


@pytest.mark.parametrize(
    ("policy", "proposal", "diagnosis", "judgement"),
    [
        (
            Policy(autonomy="observe"),
            _proposal(),
            _diagnosis(),
            Judgement(permission=Permission.REFUSE, reason="The policy for team shop is “observe”: nothing is run."),
        ),
        (
            Policy(autonomy="approve"),
            _proposal(),
            _diagnosis(),
            Judgement(permission=Permission.ASK, reason="The policy for team shop is to ask a human."),
        ),
        (
            Policy(autonomy="auto"),
            _proposal(),
            _diagnosis(),
            Judgement(permission=Permission.RUN, reason="The policy for team shop lets restart-service run."),
        ),
        (
            Policy(autonomy="auto"),
            _proposal(risk=Risk.HIGH),
            _diagnosis(),
            Judgement(permission=Permission.ASK, reason="Its risk is high; only low risk runs by itself."),
        ),
        (
            Policy(autonomy="auto"),
            _proposal(reversible=False),
            _diagnosis(),
            Judgement(permission=Permission.ASK, reason="It cannot be undone."),
        ),
        (
            Policy(autonomy="auto"),
            _proposal(),
            _diagnosis(confidence=0.5),
            Judgement(permission=Permission.ASK, reason="The diagnosis is 50% sure; 80% is needed to act unasked."),
        ),
        (
            Policy(autonomy="auto"),
            _proposal(),
            _diagnosis(verdict=Verdict.INCONCLUSIVE),
            Judgement(permission=Permission.REFUSE, reason="No action on a diagnosis that is inconclusive."),
        ),
        (
            Policy(autonomy="auto"),
            _proposal(arguments={"service": "ghost"}),
            _diagnosis(component="ghost"),
            Judgement(permission=Permission.REFUSE, reason="No tool has ever returned a component named 'ghost'."),
        ),
    ],
)
def test_each_rule_answers_with_its_reason(
    policy: Policy, proposal: Proposal, diagnosis: Diagnosis, judgement: Judgement
) -> None:
    assert judge(proposal, diagnosis, policy, "shop", OBSERVED, findings=diagnosis) == judgement


@pytest.mark.attack("S14")
@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        (_diagnosis(component="payment"), "The measurements alone name payment, and not cart."),
        (
            _diagnosis(verdict=Verdict.INCONCLUSIVE, component=""),
            "The measurements alone name no cause; that it is cart is for people to say.",
        ),
    ],
)
def test_what_the_measurements_alone_do_not_name_is_asked_about(findings: Diagnosis, reason: str) -> None:
    told = _diagnosis(analysed_by="model", confidence=1.0)
    asked = Judgement(permission=Permission.ASK, reason=reason)
    assert judge(_proposal(), told, Policy(autonomy="auto"), "shop", OBSERVED, findings=findings) == asked


@pytest.mark.parametrize(
    ("policy", "autonomy"),
    [
        (Policy(), "observe"),
        (Policy(autonomy="auto", per_team={"shop": "propose"}), "propose"),
        (Policy(autonomy="observe", per_action={"restart-service": "auto"}), "auto"),
        (Policy(per_team={"shop": "observe"}, per_action={"restart-service": "auto"}), "observe"),
    ],
)
def test_the_most_careful_of_the_settings_that_apply_decides(policy: Policy, autonomy: str) -> None:
    assert autonomy_for(policy, "shop", "restart-service") == autonomy
