"""What may programs do with the memory?  Search it, bring past incidents in, have some forgotten."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from agent.domain.base import Noun
from agent.entrypoints.auth import Guarded, Keeper, Reader, application_of
from agent.entrypoints.rest import Id
from agent.memory.importing import Unusable, from_jira, from_jsonl
from agent.ports import Lesson

router = APIRouter(prefix="/api/memory", route_class=Guarded, tags=["memory"])

MOST = 1_000
"""Lines or tickets of one request."""


class Near(Noun):
    lesson: Lesson
    similarity: float
    """The cosine of the angle between its words and those that were looked for."""


class Found(BaseModel):
    lessons: list[Near]


class Past(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[str], Field(max_length=MOST)] = []
    """As in a file for `memory import`: JSON with title, cause, closed_at, and more."""
    first: Annotated[int, Field(ge=1)] = 1
    """The number of the first of them."""
    tickets: Annotated[list[dict[str, Any]], Field(max_length=MOST)] = []
    """As Jira's REST API gives them."""


class BroughtIn(BaseModel):
    imported: int
    unusable: list[Unusable]


@router.get("")
async def search(
    request: Request,
    who: Reader,
    q: Annotated[str, Query(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$", description="Your own words.")],
    limit: Annotated[int, Query(ge=1, le=50)] = 5,
) -> Found:
    """Past incidents by meaning, the nearest first."""
    found = await application_of(request).service.remembering.search(q, limit, who)
    return Found(lessons=[Near(lesson=lesson, similarity=near) for lesson, near in found])


@router.post("")
async def bring_in(request: Request, asked: Past, who: Keeper) -> BroughtIn:
    """Past incidents, each told apart: what cannot be used comes back with its reason. Twice the same is once."""
    application = application_of(request)
    now = application.clock.now()
    lines = from_jsonl([line.encode("utf-8", "replace") for line in asked.lines], now, asked.first)
    tickets = from_jira(asked.tickets, now)
    lessons = [*lines.lessons, *tickets.lessons]
    await application.service.remembering.bring_in(lessons, who)
    return BroughtIn(imported=len(lessons), unusable=[*lines.unusable, *tickets.unusable])


@router.delete("/{incident}", status_code=204)
async def forget(request: Request, incident: Id, who: Keeper) -> Response:
    """What was learned from it is gone, from the record and from the index."""
    await application_of(request).service.remembering.forget([incident], who)
    return Response(status_code=204)
