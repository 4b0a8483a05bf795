from datetime import UTC, datetime

from agent.entrypoints.cli.page import page
from agent.entrypoints.cli.shown import Alert, Diagnosis, Incident, Placed, Run, WholeIncident


def test_the_runbook_that_an_alert_names_is_shown_once_and_as_the_alerts_own_word() -> None:
    alert = Placed(alert=Alert(name="CartDown", annotations={"runbook_url": "https://runbooks.example/cart"}))
    opened = datetime(2026, 11, 21, 12, tzinfo=UTC)
    incident = Incident(id="inc-1", status="open", severity="high", title="Cart is down", opened_at=opened)

    told = page(WholeIncident(incident=incident, alerts=(alert, alert)))

    assert told.splitlines()[2:] == [
        "2 alerts: CartDown",
        "Runbook, says the alert: https://runbooks.example/cart",
    ]


def test_what_is_ruled_out_is_a_list_of_sentences() -> None:
    found = Diagnosis(
        verdict="cause",
        analysed_by="analysis",
        summary="till broke.",
        confidence=0.9,
        ruled_out=("cart passes on the failures of till.", "store shows nothing."),
        next_check="Look at store.",
    )
    opened = datetime(2026, 11, 21, 12, tzinfo=UTC)
    incident = Incident(id="inc-1", status="open", severity="high", title="Cart is down", opened_at=opened)

    told = page(WholeIncident(incident=incident, alerts=(), runs=(Run(id="inc-1.1", diagnosis=found),)))

    assert told.splitlines()[-5:] == [
        "Ruled out",
        "  - cart passes on the failures of till.",
        "  - store shows nothing.",
        "",
        "Next: Look at store.",
    ]
