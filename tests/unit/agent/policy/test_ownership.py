"""Whose incident is it, and is the reason told?"""

from datetime import UTC, datetime

import pytest

from agent.domain.incident import Incident
from agent.domain.rules import Team
from agent.domain.silence import Matcher
from agent.policy.ownership import Owners, Route
from tests.incidents import an_incident

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEAMS = {
    "payments": Team(services=("till",), match={"area": "money"}),
    "data": Team(matchers=(Matcher(label="db", operator="=~", value="pg-.*"), Matcher(label="env", value="prod"))),
    "platform": Team(),
}


def _incident(service: str = "", **labels: str) -> Incident:
    return an_incident(NOW, title="t", service=service, labels=labels)


@pytest.mark.parametrize(
    ("incident", "route"),
    [
        (_incident("till"), Route("payments", "Team payments owns till.")),
        (_incident("shelf", area="money"), Route("payments", 'Its labels match team payments: area="money".')),
        (_incident("till", team="data"), Route("data", "Its labels say team=data.")),
        (
            _incident(db="pg-7", env="prod"),
            Route("data", 'Its labels match team data: db=~"pg-.*", env="prod".'),
        ),
        (_incident("shelf", db="pg-7", env="dev"), Route("platform", "Nobody owns shelf: the default team gets it.")),
        (
            _incident("shelf", team="gone"),
            Route("platform", "Nobody owns shelf, and team=gone is no team that is known: the default team gets it."),
        ),
        (_incident(), Route("platform", "Its labels name no service: the default team gets it.")),
    ],
)
def test_an_incident_goes_to_its_owner_and_else_to_the_default_team(incident: Incident, route: Route) -> None:
    assert Owners(TEAMS, "platform").route(incident) == route


def test_without_a_default_team_that_is_said() -> None:
    assert Owners(TEAMS).route(_incident("shelf")) == Route("", "Nobody owns shelf, and there is no default team.")
    assert Owners().route(_incident("shelf")) == Route("", "No teams are configured.")


def test_a_matcher_that_is_no_expression_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="is not a regular expression"):
        Owners({"data": Team(matchers=(Matcher(label="db", operator="=~", value="("),))})


def test_an_expression_that_takes_too_long_does_not_match() -> None:
    slow = Owners({"data": Team(matchers=(Matcher(label="db", operator="=~", value="(a|aa)+$"),))}, "")
    assert slow.route(_incident("shelf", db="a" * 5_000 + "!")).team == ""
