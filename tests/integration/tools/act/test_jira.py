import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from agent.ports import Tickets
from tests.farends.answers import (
    PATIENT,
    Answer,
    CutAfter,
    CutBefore,
    DoneBut,
    Drip,
    Endless,
    Instead,
    Late,
    deadline_for,
)
from tests.farends.jira import TOKEN, USER, JiraFarEnd
from tools.act.jira import JiraTickets, label_of
from tools.base import BackendError, Unsure
from tools.clients.jira import Jira
from tools.observe.tickets import SearchTickets

KEY = "3f" * 32


@pytest.fixture(params=["Server", "Cloud"])
def far_end(request: pytest.FixtureRequest) -> Iterator[JiraFarEnd]:
    with JiraFarEnd(deployment=request.param) as jira:
        yield jira


@pytest.fixture
def server() -> Iterator[JiraFarEnd]:
    with JiraFarEnd() as jira:
        yield jira


def _tickets(far_end: JiraFarEnd, deadline: timedelta = PATIENT) -> JiraTickets:
    jira = Jira(far_end.url, user=USER, token=TOKEN, deadline=deadline)
    return JiraTickets(jira, "OPS")


async def _greet(tickets: JiraTickets) -> None:
    """What a client asks first it asks here, so that the next thing it sends is the ticket."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(BackendError):
                await tickets.find(KEY)
                return


async def test_one_incident_has_one_ticket_from_open_to_done(far_end: JiraFarEnd) -> None:
    tickets: Tickets = _tickets(far_end)
    ticket = await tickets.create(KEY, "Checkout fails", "40 % of requests fail.", {"labels": ["checkout"]})
    assert await tickets.find(KEY) == ticket == "OPS-1"
    await tickets.comment(ticket, "note-1", "Rolled back.")
    await tickets.transition(ticket, "done")
    assert far_end.journal == [
        {"effect": "create", "key": "OPS-1", "labels": [label_of(KEY), "checkout"], "summary": "Checkout fails"},
        {"effect": "comment", "key": "OPS-1", "body": "Rolled back.\n\n(ref agent-ea503d892f34f029)"},
        {"effect": "transition", "key": "OPS-1", "to": "Done"},
    ]


async def test_what_is_said_or_done_already_is_not_said_or_done_again(far_end: JiraFarEnd) -> None:
    tickets = _tickets(far_end)
    ticket = await tickets.create(KEY, "Checkout fails", "", {})
    for _ in range(3):
        await tickets.comment(ticket, "note-1", "Rolled back.")
        await tickets.comment(ticket, "note-2", "Rolled back.")
        await tickets.transition(ticket, "In Progress")
    assert [entry["effect"] for entry in far_end.journal] == ["create", "comment", "comment", "transition"]


async def test_another_incidents_ticket_is_not_found(far_end: JiraFarEnd) -> None:
    await _tickets(far_end).create(KEY, "Checkout fails", "", {})
    assert await _tickets(far_end).find("4e" * 32) is None


@pytest.mark.parametrize(
    ("misbehaviour", "made"),
    [
        (CutAfter(), True),
        (CutBefore(), False),
        (Late(3), True),
        (Drip(0.05), True),
        (Endless(), True),
        (DoneBut(Answer(500, "java.lang.OutOfMemoryError")), True),
        (Instead(Answer(502, "<html>Bad Gateway</html>")), False),
        (DoneBut(Answer(201, "<html>proxy</html>")), True),
        (DoneBut(Answer(201, [])), True),
        (DoneBut(Answer(302, headers={"Location": "http://127.0.0.1:1/login"})), True),
    ],
)
async def test_a_ticket_that_may_have_been_made_is_unsure_and_found_again(
    server: JiraFarEnd, misbehaviour: Any, made: bool
) -> None:
    hasty = _tickets(server, deadline=deadline_for(misbehaviour))
    await _greet(hasty)
    server.plan(misbehaviour, "POST")
    with pytest.raises(Unsure):
        await hasty.create(KEY, "Checkout fails", "", {})
    assert (await _tickets(server).find(KEY), len(server.journal)) == ("OPS-1" if made else None, int(made))


async def test_a_ticket_is_found_once_the_index_has_it(server: JiraFarEnd) -> None:
    now = 1000.0
    server._clock = lambda: now
    server.index_lag = 20

    tickets = _tickets(server)
    server.plan(CutAfter(), "POST")
    with pytest.raises(Unsure):
        await tickets.create(KEY, "Checkout fails", "", {})
    assert await tickets.find(KEY) is None
    now += 20
    assert (await tickets.find(KEY), await tickets.find("4e" * 32)) == ("OPS-1", None)


@pytest.mark.parametrize(
    ("answer", "retry", "why"),
    [
        (Answer(429, "slow down", {"Retry-After": "999999"}), True, "HTTP 429"),
        (Answer(401, {"errorMessages": ["Basic auth with password is not allowed"]}), False, "HTTP 401: Basic auth"),
        (Answer(400, {"errors": {"priority": "is required"}}), False, "HTTP 400: is required"),
    ],
)
async def test_a_clear_no_means_that_nothing_was_made(
    server: JiraFarEnd, answer: Answer, retry: bool, why: str
) -> None:
    tickets = _tickets(server)
    server.plan(Instead(answer), "POST")
    began = time.monotonic()
    with pytest.raises(BackendError, match=why) as refusal:
        await tickets.create(KEY, "Checkout fails", "", {})
    assert (refusal.value.retry, server.journal, time.monotonic() - began < 60) == (retry, [], True)
    assert await tickets.create(KEY, "Checkout fails", "", {}) == "OPS-1"


async def test_a_read_only_project_says_so_and_the_ticket_is_made_once_later(server: JiraFarEnd) -> None:
    server.read_only = True
    tickets = _tickets(server)
    with pytest.raises(BackendError, match="You cannot create issues in this project"):
        await tickets.create(KEY, "Checkout fails", "", {})
    server.read_only = False
    await tickets.create(KEY, "Checkout fails", "", {})
    assert len(server.journal) == 1


@pytest.mark.parametrize("misbehaviour", [Late(3), CutAfter(), Instead(Answer(503)), Instead(Answer(200, "<html>"))])
async def test_a_jira_that_cannot_be_greeted_has_made_nothing(server: JiraFarEnd, misbehaviour: Any) -> None:
    server.plan(misbehaviour, "GET")
    with pytest.raises(BackendError):  # not Unsure
        await _tickets(server, deadline=deadline_for(misbehaviour)).create(KEY, "Checkout fails", "", {})
    assert server.journal == []


async def test_a_jira_that_is_down_has_made_nothing() -> None:
    with JiraFarEnd() as gone:
        pass
    with pytest.raises(BackendError, match="no connection"):
        await _tickets(gone).create(KEY, "Checkout fails", "", {})


@pytest.mark.parametrize("misbehaviour", [CutAfter(), DoneBut(Answer(500)), CutBefore()])
async def test_a_comment_that_may_have_been_added_is_not_added_twice(server: JiraFarEnd, misbehaviour: Any) -> None:
    tickets = _tickets(server)
    ticket = await tickets.create(KEY, "Checkout fails", "", {})
    server.plan(misbehaviour, "POST")
    with pytest.raises(Unsure):
        await tickets.comment(ticket, "note-1", "Rolled back.")
    await tickets.comment(ticket, "note-1", "Rolled back.")
    assert [entry["effect"] for entry in server.journal] == ["create", "comment"]


async def test_a_status_that_cannot_be_reached_is_said_with_those_that_can(server: JiraFarEnd) -> None:
    tickets = _tickets(server)
    ticket = await tickets.create(KEY, "Checkout fails", "", {})
    with pytest.raises(BackendError, match=r"OPS-1 cannot be moved to 'Closed'; from here .*: Done, In Progress\."):
        await tickets.transition(ticket, "Closed")
    await tickets.transition(ticket, "resolve")  # the transition's own name
    assert server.journal[-1] == {"effect": "transition", "key": "OPS-1", "to": "Done"}


async def test_what_jira_would_refuse_for_its_length_or_its_line_ends_is_cut(server: JiraFarEnd) -> None:
    tickets = _tickets(server)
    ticket = await tickets.create(KEY, "a\n b" * 300, "x" * 100_000, {"issuetype": {"name": "Bug"}, "project": "WEB"})
    await tickets.comment(ticket, "note-1", "y" * 100_000)
    (issue,) = server.issues
    assert (ticket, len(issue.fields["summary"]), len(issue.fields["description"]), len(issue.comments[0]["body"])) == (
        "WEB-1",
        255,
        32_767,
        32_767,
    )
    assert issue.comments[0]["body"].endswith("(ref agent-ea503d892f34f029)")


@pytest.mark.parametrize("ticket", ["OPS-1/comment", "../OPS-1", "OPS", "ops-1", "OPS-1?x", "OPS-1\n", ""])
async def test_a_ticket_key_that_is_none_is_refused_before_anything_is_sent(server: JiraFarEnd, ticket: str) -> None:
    tickets = _tickets(server)
    calls: list[Callable[[], Any]] = [
        lambda: tickets.comment(ticket, "note-1", "x"),
        lambda: tickets.transition(ticket, "Done"),
    ]
    for call in calls:
        with pytest.raises(BackendError, match="is not the key of a ticket"):
            await call()
    assert server.asked == []


@pytest.mark.parametrize("key", ["", 'a" OR labels = "b', "a b", "a\n", "é"])
async def test_a_key_that_no_label_can_hold_is_refused(server: JiraFarEnd, key: str) -> None:
    with pytest.raises(BackendError):
        await _tickets(server).find(key)
    with pytest.raises(BackendError):
        await _tickets(server).create(key, "x", "", {})
    assert server.asked == []


@pytest.mark.attack("S51")
async def test_a_redirect_is_not_followed_with_the_credentials(server: JiraFarEnd) -> None:
    tickets = _tickets(server)
    await tickets.find(KEY)
    with JiraFarEnd() as elsewhere:
        server.plan(Instead(Answer(302, headers={"Location": f"{elsewhere.url}/rest/api/2/search"})), "GET")
        with pytest.raises(BackendError, match="redirect"):
            await tickets.find(KEY)
        assert elsewhere.asked == []


async def test_the_token_is_in_no_error(server: JiraFarEnd) -> None:
    server.plan(Instead(Answer(500, "broken")), "GET", times=9)
    with pytest.raises(BackendError) as refusal:
        await _tickets(server).find(KEY)
    assert TOKEN not in str(refusal.value)


async def test_a_data_center_token_is_sent_as_a_bearer(server: JiraFarEnd) -> None:
    await JiraTickets(Jira(server.url, token=TOKEN), "OPS").find(KEY)
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}


async def test_many_tickets_through_cuts_and_lag_have_no_twin(server: JiraFarEnd) -> None:
    """F41 and F42 together: each created once although every other answer is lost and the index is late."""
    now = 0.0
    server._clock = lambda: now
    server.index_lag = 10

    tickets = _tickets(server)
    found = []
    for number in range(60):
        key = f"incident-{number}"
        if number % 2:
            server.plan(CutAfter(), "POST")
        try:
            found.append(await tickets.create(key, f"Incident {number}", "", {}))
        except Unsure:
            now += 10
            found.append(await tickets.find(key) or "lost")
    assert found == [f"OPS-{number + 1}" for number in range(60)]
    assert [entry["labels"] for entry in server.journal] == [[f"agent-incident-{number}"] for number in range(60)]


@pytest.fixture(scope="module")
def jira820(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second, independent Jira: the package jira820, a stateful Data Center 8.20, as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"JIRA820_PORT": str(port), "JIRA820_PROJECT_KEY": "OPS", "JIRA820_HOST": "127.0.0.1"}
    log = (tmp_path_factory.mktemp("jira820") / "log").open("wb")
    program = Path(sys.executable).with_name("jira820")
    process = subprocess.Popen([str(program)], env={**os.environ, **settings}, stdout=log, stderr=log)
    try:
        _until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{url}/rest/api/2/serverInfo", timeout=5).ok:
                return
    raise AssertionError("jira820 did not start")


async def test_another_jira_agrees(jira820: str) -> None:
    jira = Jira(jira820, token="any")
    tickets = JiraTickets(jira, "OPS")
    assert await tickets.find(KEY) is None
    ticket = await tickets.create(KEY, "Checkout zeppelin fails", "40 % of requests fail.", {"labels": ["checkout"]})
    assert await tickets.find(KEY) == ticket
    for _ in range(2):
        await tickets.comment(ticket, "note-1", "Rolled back.")
        await tickets.transition(ticket, "Done")
    comments = await jira.call("read comments", lambda client: [one.body for one in client.comments(ticket)])
    assert len(comments) == 1
    tool = SearchTickets(jira, "OPS")
    result = await tool(tool.arguments(words="zeppelin"))
    assert result.text.splitlines()[1].startswith(f"{ticket} [Done, ")
    await asyncio.gather(jira.close())
