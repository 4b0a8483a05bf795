"""Is a configuration read, with the file of owners it names, and does a wrong one say what is wrong?"""

from pathlib import Path

import pytest

from agent.config import Config
from agent.domain.errors import ConfigurationError
from agent.settings import Settings

OWNERS = """
teams:
  payments: {services: [till], on_call: first}
schedules:
  first: {rotations: [{people: [ann, bob], begins: 2026-03-02, zone: Europe/Berlin}]}
default_team: payments
"""
BACKWARDS = "starts_at: 2026-12-24T08:00:00Z, ends_at: 2026-12-24T07:00:00Z"


ALIKE = """
teams:
  till: &usual {services: [till], escalate_from: low}
  shelf: &urgent {<<: *usual, services: [shelf], escalate_from: high}
  floor: {<<: *urgent, services: [floor]}
"""


def _read(folder: Path, config: str, owners: str = OWNERS) -> Config:
    (folder / "agent.yaml").write_text(config)
    (folder / "owners.yaml").write_text(owners)
    return Settings.model_validate({"config_file": folder / "agent.yaml"}).config()


def test_the_file_of_owners_is_read_beside_the_configuration(tmp_path: Path) -> None:
    read = _read(tmp_path, "ownership: owners.yaml\nteams: {shop: {services: [shelf]}}\n")
    assert (list(read.teams), list(read.schedules), read.default_team) == (["shop", "payments"], ["first"], "payments")


def test_what_is_taken_over_from_elsewhere_in_the_file_may_be_said_otherwise(tmp_path: Path) -> None:
    teams = _read(tmp_path, ALIKE).teams
    assert {name: (team.services[0], team.escalate_from) for name, team in teams.items()} == {
        "till": ("till", "low"),
        "shelf": ("shelf", "high"),
        "floor": ("floor", "high"),
    }


@pytest.mark.parametrize(
    ("config", "owners", "says"),
    [
        ("ownership: owners.yaml\nteams: {payments: {}}\n", OWNERS, "teams: .*owners.yaml says again"),
        ("ownership: owners.yaml\ndefault_team: shop\n", OWNERS, "default_team: .*owners.yaml says again"),
        ("ownership: owners.yaml\n", "policy: {autonomy: auto}\n", "may hold teams, schedules, default_team and noth"),
        ("ownership: gone.yaml\n", OWNERS, "gone.yaml cannot be read: No such file"),
        ("ownership: owners.yaml\n", "teams: {a: {nosuch: 1}}", r"teams.a.nosuch: there is no such setting\.$"),
        (
            "ownership: owners.yaml\n",
            "teams: [",
            "owners.yaml is not YAML: line 1, column 9: expected the node",
        ),
        ("ownership: owners.yaml\n", "- teams", "owners.yaml must hold settings, each as `name: value`"),
        ("policy: {autonomy: [\n", "", "agent.yaml is not YAML: line 2, column 1: expected the node content"),
        ("hello", "", "agent.yaml must hold settings, each as `name: value`"),
        ("\x00", "", "agent.yaml is not YAML; it is no text in UTF-8"),
        ("since: 2026-13-45", "", "agent.yaml cannot be read as YAML: month must be in 1..12"),
        ("teams: " + "[" * 5_000, "", "agent.yaml cannot be read as YAML: maximum recursion depth"),
        ("quiet_period: soon", "", "quiet_period: this is a length of time, in seconds or as `hours:minutes:seconds`"),
        ("endpoints: {shop: {}}", "", "endpoints.shop.url: this is needed"),
        ("policy: {hours: {begin: '22:00', end: '04:00'}}", "", "policy.hours: `end` must be later than `begin`"),
        (f"policy: {{freezes: [{{name: a, {BACKWARDS}}}]}}", "", "policy.freezes.0: a freeze must end after it starts"),
        (
            f"maintenance: [{{name: a, matchers: [{{label: a, value: b}}], {BACKWARDS}}}]",
            "",
            "must end after it starts",
        ),
        ("policy: approve", "", "policy: this holds settings of its own, each as `name: value`"),
        (
            "policy: {autonomy: approve}\nteams: {}\npolicy: {autonomy: auto}",
            "",
            "agent.yaml is not YAML: line 3, column 1: policy stands here a second time",
        ),
        ("teams: {till: {}, 'till': {}}", "", "line 1, column 19: till stands here a second time"),
        ("policy: {min_confidence: .nan}", "", "policy.min_confidence: Input should be less than or equal to 1"),
        ("policy: {approval_valid: 0}", "", "policy.approval_valid: Input should be greater than 0 seconds"),
        ("budgets: {cost_usd: .nan}", "", "budgets.cost_usd: Input should be "),
        ("budgets: {cost_usd: .inf}", "", "budgets.cost_usd: Input should be a finite number"),
        ("rates: {intake: .inf}", "", "rates.intake: Input should be a finite number"),
        ("model_limits: {requests_per_minute: 0}", "", "requests_per_minute: Input should be greater than or equal to"),
        ("correlation: {reopen: 1000000000000}", "", "correlation.reopen: Input should be less than or equal to 366 d"),
        ("quiet_period: -1", "", "quiet_period: Input should be greater than or equal to 0 seconds"),
    ],
)
def test_what_is_wrong_with_it_is_said(tmp_path: Path, config: str, owners: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        _read(tmp_path, config, owners)
