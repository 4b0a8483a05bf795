"""Has this happened before, as people wrote it down?  Searches Jira for tickets by service and words."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tools.base import BackendError, ToolResult
from tools.clients.jira import Jira, Ticket, quoted, text_contains, text_contains_any
from tools.wording import one_line

EXCERPT = 300
"""Characters of a description or comment that are handed on."""


class TicketArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: str = Field("", max_length=100, description="The service the tickets speak of; empty: any.")
    words: str = Field(
        "", max_length=200, description="A ticket has at least one of these words: symptom, error, cause."
    )
    limit: int = Field(5, ge=1, le=20, description="How many tickets at most.")


class SearchTickets:
    """Past tickets as a tool."""

    name = "search_tickets"
    description = "Search past Jira tickets about a service or a symptom, the latest first, with how each ended."
    kind = "ticket"
    arguments: type[BaseModel] = TicketArguments

    def __init__(self, jira: Jira, project: str = "") -> None:
        """`project`: the key of the only project to look in; empty: all that the user may see."""
        self._jira = jira
        self._project = project

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = TicketArguments.model_validate(arguments.model_dump())
        jql = _jql(asked, self._project)
        if not jql:
            return ToolResult(ok=False, text="search_tickets needs a service or a word to look for.", query="")
        try:
            tickets = await self._jira.search(jql, asked.limit)
        except BackendError as error:
            return ToolResult(ok=False, text=f"search_tickets: {error}", query=jql, trust="user-controlled")
        return ToolResult(
            ok=True,
            text="\n".join([f"{len(tickets)} tickets ({jql}).", *map(_line, tickets)]),
            query=jql,
            data=[_facts(ticket) for ticket in tickets],
            truncated=len(tickets) == asked.limit,
            trust="user-controlled",
        )


def _jql(asked: TicketArguments, project: str) -> str:
    service = text_contains(asked.service)
    clauses = [
        f"({service} OR labels = {quoted(asked.service)})" if service else "",
        f"({words})" if (words := text_contains_any(asked.words)) else "",
    ]
    wanted = [clause for clause in clauses if clause]
    if not wanted:
        return ""
    scope = [f"project = {quoted(project)}"] if project else []
    return f"{' AND '.join([*scope, *wanted])} ORDER BY updated DESC"


def _line(ticket: Ticket) -> str:
    ended = f", {ticket.resolution}" if ticket.resolution else ""
    parts = [f"{ticket.key} [{ticket.status}{ended}, {ticket.updated_at:%Y-%m-%d}] {_excerpt(ticket.summary)}"]
    if ticket.description:
        parts.append(f"  described: {_excerpt(ticket.description)}")
    if ticket.last_comment:
        parts.append(f"  last comment: {_excerpt(ticket.last_comment)}")
    return "\n".join(parts)


def _facts(ticket: Ticket) -> JsonValue:
    return {
        "key": ticket.key,
        "summary": _excerpt(ticket.summary),
        "status": ticket.status,
        "resolution": ticket.resolution,
        "created_at": ticket.created_at.isoformat(),
        "updated_at": ticket.updated_at.isoformat(),
        "labels": list(ticket.labels),
        "description": _excerpt(ticket.description),
        "last_comment": _excerpt(ticket.last_comment),
    }


def _excerpt(text: str) -> str:
    return one_line(text)[:EXCERPT]
