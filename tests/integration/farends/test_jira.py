"""Is the Jira far end as strict as Jira?"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.farends.jira import TOKEN, JiraFarEnd


@pytest.fixture
def jira() -> Iterator[JiraFarEnd]:
    with JiraFarEnd() as far_end:
        far_end.seed("Checkout fails", "Pool exhausted", ["checkout"])
        yield far_end


def _ask(jira: JiraFarEnd, method: str, path: str, **content: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.request(method, f"{jira.url}/rest/api/2/{path}", headers=headers, timeout=60, **content)


@pytest.mark.parametrize(
    "jql",
    [
        'labels = "x',
        "labels =",
        "labels",
        '= "x"',
        'labels = "x" AND',
        '(labels = "x"',
        'labels = "x")',
        'lables = "x"',
        'labels ~ "x"',
        'project = "NONE"',
        'text ~ "a*b"',
        'text ~ ""',
        'labels = "x" ORDER BY',
        'labels = "x" ORDER BY color',
        "labels = $(id)",
        'labels = "x" "y"',
    ],
)
def test_bad_jql_is_refused(jira: JiraFarEnd, jql: str) -> None:
    answer = _ask(jira, "GET", "search", params={"jql": jql})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0].startswith("Error in the JQL Query: ")


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ('text ~ "pool checkout"', 1),
        ('text ~ "pool payment"', 0),
        ("project = OPS AND (labels = checkout OR labels = 'none') ORDER BY created ASC", 1),
        ('labels = "check\\"out"', 0),
    ],
)
def test_good_jql_is_answered(jira: JiraFarEnd, jql: str, found: int) -> None:
    assert len(_ask(jira, "GET", "search", params={"jql": jql}).json()["issues"]) == found


@pytest.mark.parametrize(
    "change",
    [
        {"summary": ""},
        {"summary": "a\nb"},
        {"summary": "x" * 256},
        {"labels": ["a b"]},
        {"issuetype": {"name": "Wish"}},
        {"project": {"key": "NONE"}},
        {"description": "x" * 32_768},
        {"colour": "red"},
    ],
)
def test_a_ticket_that_breaks_a_rule_is_not_made(jira: JiraFarEnd, change: dict[str, Any]) -> None:
    fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "x", **change}
    answer = _ask(jira, "POST", "issue", json={"fields": fields})
    assert (answer.status_code, list(answer.json()["errors"]), jira.journal) == (400, list(change), [])


def test_a_stranger_is_sent_away(jira: JiraFarEnd) -> None:
    assert requests.get(f"{jira.url}/rest/api/2/serverInfo", timeout=60).status_code == 401
