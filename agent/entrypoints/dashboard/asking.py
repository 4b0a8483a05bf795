"""What do people ask about an incident?  Answered from its evidence on a page of its own; nothing is changed by it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.entrypoints.auth import application_of, views_of
from agent.entrypoints.dashboard.forms import sent, understood
from agent.entrypoints.dashboard.markdown import blocks
from agent.entrypoints.dashboard.pages import Page, page
from agent.entrypoints.dashboard.visitor import SignedIn
from agent.entrypoints.rest import Id, QuestionAsked

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)


@router.post("/incidents/{incident}/ask")
async def ask(request: Request, who: SignedIn, incident: Id) -> Response:
    """The same answer as in Slack and over REST; whoever sends the form again asks again."""
    given = await sent(request, who, "ask")
    asked = understood(QuestionAsked, {"question": given.get("question", "").strip()})
    known = (await views_of(request).incident(incident)).incident
    found = await application_of(request).service.questions.ask(known, asked.question, who.caller)
    return page(
        request,
        "answered.html",
        who,
        incident=known,
        question=asked.question,
        found=found,
        blocks=blocks(found.answer),
        cited=list(dict.fromkeys(id_ for one in found.sentences for id_ in one.evidence)),
    )
