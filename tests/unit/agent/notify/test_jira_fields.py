"""Does a ticket get the fields its project wants?"""

from datetime import UTC, datetime

from agent.domain.alert import Severity
from agent.domain.incident import Incident
from agent.domain.tickets import JiraProject
from agent.notify.jira_fields import fields_of
from tests.incidents import an_incident

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _incident(title: str = "Errors on cart") -> Incident:
    return an_incident(NOW, severity=Severity.CRITICAL, title=title, service="cart", team="shop")


WANTED = JiraProject(
    issue_type="Incident",
    priorities={Severity.CRITICAL: "Highest"},
    fields={
        "customfield_1": {"value": "{severity}"},
        "components": [{"name": "{service}"}],
        "environment": "{title} ({id}, {team}) {nothing} {",
        "customfield_2": 7,
    },
)


def test_fields_are_filled_from_the_incident_wherever_they_stand() -> None:
    assert fields_of("OPS", WANTED, _incident(), str) == {
        "project": "OPS",
        "issuetype": {"name": "Incident"},
        "priority": {"name": "Highest"},
        "customfield_1": {"value": "critical"},
        "components": [{"name": "cart"}],
        "environment": "Errors on cart (inc-1, shop) {nothing} {",
        "customfield_2": 7,
    }


def test_an_incidents_words_are_no_template_and_are_cleaned() -> None:
    filled = fields_of("OPS", WANTED, _incident("{team} of ann@example.org"), lambda text: text.replace("ann@", "?@"))
    assert filled["environment"] == "{team} of ?@example.org (inc-1, shop) {nothing} {"


def test_a_project_that_wants_nothing_gets_a_task() -> None:
    assert fields_of("OPS", JiraProject(), _incident(), str) == {"project": "OPS", "issuetype": {"name": "Task"}}
