from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.farends.answers import PATIENT, Answer, Instead
from tests.farends.jira import TOKEN, USER, JiraFarEnd
from tools.base import Tool, ToolResult
from tools.clients.jira import Jira
from tools.observe.tickets import SearchTickets, TicketArguments


@pytest.fixture(params=["Server", "Cloud"])
def far_end(request: pytest.FixtureRequest) -> Iterator[JiraFarEnd]:
    with JiraFarEnd(deployment=request.param) as jira:
        yield jira


@pytest.fixture(scope="module")
def strict() -> Iterator[JiraFarEnd]:
    with JiraFarEnd() as jira:
        jira.seed("secret", "nobody asked for this")
        yield jira


def _tool(far_end: JiraFarEnd, project: str = "OPS") -> Tool:
    return SearchTickets(Jira(far_end.url, user=USER, token=TOKEN, deadline=PATIENT), project)


async def _ask(tool: Tool, **arguments: Any) -> ToolResult:
    return await tool(TicketArguments(**arguments))


@pytest.mark.attack("S07")
async def test_past_tickets_come_with_how_they_ended_and_as_untrusted_text(far_end: JiraFarEnd) -> None:
    far_end.seed("Payment is slow", "p95 at 3 s", ["payment"])
    old = far_end.seed("Checkout-API times out", "Pool\x1b[31m exhausted\nafter the deploy", status="Done")
    old.comments.append({"body": "Fixed by rolling back to 1.2.3"})
    far_end.seed("Checkout timeout in the api", labels=["checkout-api"])
    result = await _ask(_tool(far_end), service="checkout-api", words="timeout out")
    assert (result.text, result.trust, result.truncated) == (
        (
            f"2 tickets ({result.query}).\n"
            "OPS-3 [To Do, 2026-11-21] Checkout timeout in the api\n"
            "OPS-2 [Done, Done, 2026-11-21] Checkout-API times out\n"
            "  described: Pool exhausted after the deploy\n"
            "  last comment: Fixed by rolling back to 1.2.3"
        ),
        "user-controlled",
        False,
    )
    assert result.query == (
        'project = "OPS" AND (text ~ "checkout api" OR labels = "checkout-api") '
        'AND (text ~ "timeout" OR text ~ "out") ORDER BY updated DESC'
    )


async def test_a_limit_is_kept_and_told(far_end: JiraFarEnd) -> None:
    for number in range(7):
        far_end.seed(f"Checkout fails {number}")
    result = await _ask(_tool(far_end), service="checkout", limit=3)
    assert (len(result.text.splitlines()), result.truncated) == (4, True)


@pytest.mark.parametrize(
    "attack",
    [
        'x" OR project = "WEB',
        'x") OR text ~ "secret',
        "x\\",
        'x\\" OR text ~ \\"secret',
        "x' OR '1'='1",
        "x ORDER BY created",
        "secret* OR nobody~ +(asked)",
        "x\n) OR (text ~ secret",
        "\u202ex",
        "ѕecret",
    ],
)
@pytest.mark.attack("S47")
async def test_whatever_a_service_is_called_it_is_only_looked_for(strict: JiraFarEnd, attack: str) -> None:
    for arguments in ({"service": attack}, {"service": attack, "words": attack}):
        result = await _ask(_tool(strict), **arguments)
        assert (result.ok, result.data) == (True, [])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(service=st.text(max_size=40), words=st.text(max_size=60))
@pytest.mark.attack("S47")
async def test_no_text_makes_a_query_that_jira_refuses(strict: JiraFarEnd, service: str, words: str) -> None:
    result = await _ask(_tool(strict), service=service, words=words)
    assert result.ok or result.text == "search_tickets needs a service or a word to look for."


async def test_a_question_for_nothing_is_not_sent(far_end: JiraFarEnd) -> None:
    result = await _ask(_tool(far_end), service=" - ", words="?!")
    assert (result.ok, far_end.asked) == (False, [])


async def test_what_goes_wrong_is_a_result_with_the_query_in_it(far_end: JiraFarEnd) -> None:
    wrong_project = await _ask(_tool(far_end, "NONE"), service="checkout")
    assert (wrong_project.ok, wrong_project.text) == (
        False,
        (
            f"search_tickets: Jira, search {wrong_project.query}: HTTP 400: Error in the JQL Query: "
            "The value 'NONE' does not exist for the field 'project'."
        ),
    )
    far_end.plan(Instead(Answer(200, {"issues": [{"key": "OPS-1"}]})), "GET", times=9)
    garbage = await _ask(_tool(far_end), service="checkout")
    assert (garbage.ok, "is not what Jira would say" in garbage.text) == (False, True)


@pytest.mark.parametrize("arguments", [{"limit": 0}, {"limit": 21}, {"service": "x" * 101}, {"jql": "project = OPS"}])
def test_arguments_have_their_limits(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TicketArguments(**arguments)
