"""How is one ticket an incident made, found again, commented and moved, however often it is tried?

Jira knows no idempotency key, and its search lags. So the ticket carries a label made of the key, by which it is
found; a comment ends with a mark made of its key, and is not added where the mark stands already; a ticket that is
where it should be is not moved.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import JsonValue

from tools.base import BackendError, Unsure
from tools.clients.jira import Jira, quoted
from tools.clients.outcome import Answered, Unanswered

LONGEST_SUMMARY = 255
LONGEST_TEXT = 32_767
"""Characters of a description or comment; Jira's own limits."""
COMMENTS_LOOKED_AT = 100
"""The newest ones of a ticket, among which a mark is looked for."""

T = TypeVar("T")

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_TICKET = re.compile(r"[A-Z][A-Z0-9_]{0,63}-[0-9]{1,12}")


class JiraTickets:
    """`agent.ports.Tickets` on Jira."""

    def __init__(self, jira: Jira, project: str) -> None:
        """`project`: the key of the project that gets a ticket whose fields name none."""
        self._jira = jira
        self._project = project

    async def create(self, key: str, title: str, body: str, fields: Mapping[str, JsonValue]) -> str:
        """The new ticket's id, e.g. `OPS-12`. `fields` are Jira's; a plain text as `project` is its key."""
        wanted = self._fields(key, title, body, fields)
        # Without `prefetch=False` a failing look at the new ticket would pass for a failed creation.
        return await self._write(
            f"create ticket {label_of(key)}",
            lambda client: str(client.create_issue(fields=wanted, prefetch=False).key),
        )

    async def find(self, key: str) -> str | None:
        """The oldest ticket with the key's label, as far as the search has got."""
        found = await self._jira.keys(f"labels = {quoted(label_of(key))} ORDER BY created ASC", limit=1)
        return found[0] if found else None

    async def comment(self, ticket: str, key: str, body: str) -> None:
        """Unsure when it may have been added; asked again it adds no second one."""
        _check_ticket(ticket)
        mark = f"(ref {_short(key)})"
        newest = await self._jira.call(
            f"read comments of {ticket}",
            lambda client: client.comments(ticket, max_results=COMMENTS_LOOKED_AT, order_by="-created"),
        )
        if not any(mark in comment.body for comment in newest):
            text = f"{body[: LONGEST_TEXT - len(mark) - 2]}\n\n{mark}"
            await self._write(f"comment on {ticket}", lambda client: client.add_comment(ticket, text))

    async def transition(self, ticket: str, to: str) -> None:
        """Move it to the status `to`, or by the transition of that name. BackendError naming the choices if none is."""
        _check_ticket(ticket)
        where = await self._jira.call(
            f"read status of {ticket}", lambda client: client.issue(ticket, fields="status").fields.status.name
        )
        if where.casefold() == to.casefold():
            return
        ways = await self._jira.call(f"read transitions of {ticket}", lambda client: client.transitions(ticket))
        way = _way(ticket, ways, to)
        await self._write(f"move {ticket} to {to!a}", lambda client: client.transition_issue(ticket, way))

    async def _write(self, what: str, function: Callable[[Any], T]) -> T:
        """Unsure unless it was done, or Jira clearly said no."""
        try:
            return await self._jira.call(what, function)
        except Answered as error:
            if 400 <= error.status < 500:
                raise
            raise Unsure(str(error)) from error
        except Unanswered as error:
            raise Unsure(str(error)) from error

    def _fields(self, key: str, title: str, body: str, fields: Mapping[str, JsonValue]) -> dict[str, Any]:
        given = {"issuetype": {"name": "Task"}, "project": self._project, **fields}
        project, labels = given["project"], given.get("labels")
        return {
            **given,
            # As an object: given a plain text the library would look the project up with a request of its own.
            "project": {"key": project} if isinstance(project, str) else project,
            "summary": " ".join(title.split())[:LONGEST_SUMMARY] or "Incident",
            "description": body[:LONGEST_TEXT],
            "labels": [label_of(key), *(labels if isinstance(labels, list) else [])],
        }


def label_of(key: str) -> str:
    """The label that a ticket is found by."""
    if not _KEY.fullmatch(key):
        raise BackendError("The ticket's key holds characters that no label may.")
    return f"agent-{key}"


def _short(key: str) -> str:
    return f"agent-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _check_ticket(ticket: str) -> None:
    if not _TICKET.fullmatch(ticket):
        raise BackendError(f"{ticket[:80]!a} is not the key of a ticket.")


def _way(ticket: str, ways: list[dict[str, Any]], to: str) -> str:
    """The id of the transition to that status, or of that name."""
    wanted = to.casefold()
    for way in ways:
        if wanted in (way["to"]["name"].casefold(), way["name"].casefold()):
            return str(way["id"])
    choices = ", ".join(sorted({way["to"]["name"] for way in ways})) or "none"
    raise BackendError(f"{ticket} cannot be moved to {to!a}; from here it can go to: {choices}.")
