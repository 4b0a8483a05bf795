"""Are teams told as they are configured?"""

import json
import re
from pathlib import Path

import pytest

from agent.entrypoints.cli.frame import run

TEAMS = "default_team: shop\nteams: {shop: {}, till: {services: [till], on_call: first}}\n"


@pytest.fixture(autouse=True)
def _configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agent.yaml").write_text(TEAMS)
    monkeypatch.setenv("AGENT_CONFIG", str(tmp_path / "agent.yaml"))


def test_where_an_incident_would_go_is_said_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["teams", "route", "service=till", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"team": "till", "why": "Team till owns till."}
    assert run(["teams", "route", "service=shelf"]) == 0
    assert run(["teams", "route", "shelf"]) == 2
    assert capsys.readouterr().out == "shop: Nobody owns shelf: the default team gets it.\n"


def test_lint_ends_with_1_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["teams", "lint"]) == 1
    told = capsys.readouterr()
    assert "teams.till.on_call: there is no schedule first\n" in told.out
    assert told.err == "3 problems in what AGENT_CONFIG says of teams.\n"


def test_who_is_on_call_is_told_of_each_team_that_has_a_schedule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["teams", "on-call"]) == 1
    assert capsys.readouterr().err == "teams.till.on_call: there is no schedule first.\n"
    schedules = """\
schedules:
  first: {overrides: [{who: kim, starts_at: 2000-01-01T00:00:00Z, ends_at: 2999-01-01T00:00:00Z}]}
  later: {rotations: [{people: [ann], begins: 2999-01-01, days: 7, handover: "09:00", zone: UTC}]}
"""
    teams = TEAMS.replace("on_call: first}", "on_call: first}, door: {on_call: later}")
    (tmp_path / "agent.yaml").write_text(teams + schedules)
    assert run(["teams", "on-call", "--json"]) == 0
    kim = {"who": "kim", "why": "kim stands in until 2999-01-01 00:00 UTC.", "until": "2999-01-01T00:00:00Z"}
    assert json.loads(capsys.readouterr().out) == {"till": [kim], "door": []}
    assert run(["teams", "on-call"]) == 0
    lines = [re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [
        ["till", "kim", "2999-01-01 00:00 UTC", "kim stands in until 2999-01-01 00:00 UTC."],
        ["door", "nobody", "-", "The schedule has a gap."],
    ]


def test_the_teams_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["teams", "list"]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["shop", "(default)"],
        ["till", "till"],
    ]
