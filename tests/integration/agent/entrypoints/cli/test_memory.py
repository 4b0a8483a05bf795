import json
from pathlib import Path
from typing import Any

import pytest

from agent.entrypoints.cli.frame import run
from tests.farends.jira import TOKEN, USER, JiraFarEnd

PAST = [
    {
        "title": "Checkout fails",
        "cause": "the connection pool of checkout was used up",
        "closed_at": "2026-01-02T03:04:05Z",
        "service": "checkout",
    },
    {
        "title": "Disk of db-2 full",
        "cause": "logs were not rotated on db-2",
        "closed_at": "2026-01-03T03:04:05Z",
        "service": "db",
    },
    {"title": "No cause"},
]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AGENT_DATABASE_URL", "AGENT_SECRET_KEY", "AGENT_CHROMA_URL", "AGENT_EMBEDDINGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_past_incidents_are_brought_in_found_by_meaning_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "past.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in PAST))

    assert told(capsys, "memory", "import", str(file)) == {
        "imported": 2,
        "unusable": [{"where": "line 3", "reason": "cause: Field required"}],
    }
    assert told(capsys, "memory", "import", str(file))["imported"] == 2

    found = told(capsys, "memory", "search", "no connection left in the pool")
    assert [one["title"] for one in found] == ["Checkout fails", "Disk of db-2 full"]

    assert run(["memory", "forget", found[0]["incident"]]) == 0
    capsys.readouterr()
    assert [one["title"] for one in told(capsys, "memory", "search", "pool")] == ["Disk of db-2 full"]
    assert run(["memory", "forget", found[0]["incident"]]) == 1
    assert capsys.readouterr().err == "None of these was remembered.\n"


def test_jira_that_is_not_configured_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JIRA_URL", raising=False)
    assert run(["memory", "import", "--jira", "project = OPS"]) == 1
    assert capsys.readouterr().err.startswith("Set JIRA_URL and JIRA_TOKEN first")


def test_what_jira_refuses_is_told_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with JiraFarEnd() as jira:
        monkeypatch.setenv("JIRA_URL", jira.url)
        monkeypatch.setenv("JIRA_USER", USER)
        monkeypatch.setenv("JIRA_TOKEN", TOKEN)
        assert run(["memory", "import", "--jira", "project = = OPS"]) == 1
    assert "HTTP 400" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["memory", "import"], ["memory", "import", "x", "--jira", "y"]])
def test_a_file_or_a_query_must_be_named(arguments: list[str]) -> None:
    assert run(arguments) == 2
