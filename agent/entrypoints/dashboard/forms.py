"""What did a form say, and was it sent from one of our pages?"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from agent.domain.errors import NotAllowed
from agent.entrypoints import bodies
from agent.entrypoints.auth import SMALL
from agent.entrypoints.dashboard.visitor import Visitor, check_form
from agent.identity.roles import Scope, require

Asked = TypeVar("Asked", bound=BaseModel)
_MOST_FIELDS = 210


async def sent(request: Request, who: Visitor, scope: Scope) -> Mapping[str, str]:
    """The form's fields, once it is sure that a page of this session sent it and its holder may do this."""
    said = await fields(request)
    check_form(request, who, said.get("csrf", ""))
    require(who.caller, scope)
    return said


def understood(kind: type[Asked], said: Mapping[str, object]) -> Asked:
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        about = ", ".join(dict.fromkeys(str(one["loc"][0]) if one["loc"] else "the form" for one in error.errors()))
        raise HTTPException(422, f"Not understood: {about}. Go back, and fill in the form again.") from error


async def fields(request: Request) -> dict[str, str]:
    """The fields by name. NotAllowed when another site sent it, HTTPException when it is no form of ours."""
    _check_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "This address takes forms of its own pages only.")
    with request.app.state.room.share() as share:
        content = await bodies.read(request, share, SMALL, timedelta(seconds=5))
    if len(content) > SMALL:
        raise HTTPException(413, "The form is too long.", {"Connection": "close"})
    try:
        found = dict(parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise HTTPException(422, "The form was not understood.") from error
    return {name: value.replace("\r\n", "\n").replace("\0", "") for name, value in found.items()}


def _check_origin(request: Request) -> None:
    """Browsers say which site a form comes from; this also holds where there is no session, and so no token, yet."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"} or not _own_origin(request):
        raise NotAllowed("The form was sent from another site; nothing was done.")


def _own_origin(request: Request) -> bool:
    origin = request.headers.get("origin")
    try:
        own = urlsplit(f"//{request.headers.get('host', '')}").hostname
        return origin is None or urlsplit(origin).hostname == own
    except ValueError:
        # A bracket that nothing closes: no browser of ours says so.
        return False
