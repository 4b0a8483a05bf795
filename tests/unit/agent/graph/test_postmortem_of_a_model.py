"""Does the report show what a model weighed, and what it looked at?"""

from datetime import UTC, datetime

from agent.domain.hypothesis import Diagnosis, Fault, Hypothesis, Impact, Usage, Verdict
from agent.domain.incident import IncidentStatus
from agent.graph.postmortem import Account, postmortem
from tests.incidents import an_incident

AT = datetime(2026, 11, 1, 12, 3, tzinfo=UTC)


def test_the_ledger_the_impact_and_the_cost_are_on_the_report() -> None:
    told = postmortem(
        Account(
            incident=an_incident(AT, status=IncidentStatus.PARKED, title="cart fails", service="cart"),
            alerts=(),
            evidence=(),
            diagnosis=Diagnosis(
                verdict=Verdict.CAUSE,
                analysed_by="model",
                component="cart",
                fault=Fault.RESOURCE_POOL,
                summary="cart fails.",
                mechanism="cart waits for a connection.",
                hypotheses=(
                    Hypothesis(claim="The pool.", component="cart", status="supported", evidence_for=("e1", "e3")),
                    Hypothesis(claim="The disk.", component="db", status="refuted", evidence_against=("e4",)),
                ),
                impact=Impact(affected=("cart", "checkout"), healthy=("payment",), not_checked=("db",)),
                confidence=0.9,
            ),
            usage=Usage(calls=4, input_tokens=21_000, cached_tokens=17_000, output_tokens=900, cost_usd=0.0042),
            proposal=None,
            decision=None,
            effect=None,
            verification=None,
            because="Nobody acted.",
            timeline=(),
        )
    )
    assert "cart waits for a connection." in told
    assert "## Hypotheses\n\n- supported: The pool. (cart; for: e1, e3; against: nothing)\n" in told
    assert "- refuted: The disk. (db; for: nothing; against: e4)" in told
    assert (
        "## Impact\n\n- It began at 12:03:00 UTC and is not over.\n- 0 alerts, of no service that they name.\n"
        "- Affected: cart, checkout\n- Checked and healthy: payment\n- Not checked: db\n"
    ) in told
    assert (
        "## Follow-ups\n\n- A human must go on where the agent stopped.\n- Look at what was not looked at: db.\n"
        "- Say whether the diagnosis is right: incident-agent feedback inc-1 --verdict right\n"
    ) in told
    assert "- 4 model calls, 21000 tokens in (17000 cached), 900 out, $0.0042" in told
