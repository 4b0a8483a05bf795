"""How does a page come about?  Templates that escape everything, and refusals that can be read."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.domain import errors
from agent.domain.base import canonical
from agent.domain.wording import chance, counted
from agent.entrypoints.access import noted
from agent.entrypoints.auth import application_of
from agent.entrypoints.dashboard.visitor import Visitor
from agent.entrypoints.problems import status_of
from agent.telemetry import Log
from tools.invisible import written_out

log = Log(__name__)

Static = Literal["dashboard.css", "dashboard.js"]
LONGEST = 4000
"""Characters of one piece of evidence that a page shows."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With `no-referrer` a browser would hide from us, too, where a form comes from.
    "Referrer-Policy": "same-origin",
}


class Page(APIRoute):
    """A route for people: whoever is not signed in is asked to, and what is refused is told on a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def readable(request: Request) -> Response:
            try:
                return await noted(request, await handle(request))
            except errors.AgentError as error:
                return _refused(request, error)
            except HTTPException as error:
                return refusal(request, error.status_code, error.detail, error.headers)
            except RequestValidationError:
                return refusal(request, 422, "The address was not understood.")

        return readable


def page(
    request: Request, template: str, who: Visitor | None, *, status: int = 200, **variables: object
) -> HTMLResponse:
    """The template, filled in. jinja2.UndefinedError when a variable is missing."""
    body = (
        _environment()
        .get_template(template)
        .render(
            variables,
            visitor=who,
            now=application_of(request).clock.now(),
            here=request.url.path,
            style=address_of("dashboard.css"),
            script=address_of("dashboard.js"),
        )
    )
    return HTMLResponse(body, status, headers=_HEADERS)


def refusal(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """One sentence, and the way back."""
    back = request.path_params.get("incident", "") if status != HTTPStatus.NOT_FOUND else ""
    answer = page(
        request, "refused.html", None, status=status, title=HTTPStatus(status).phrase, detail=detail, incident=back
    )
    answer.headers.update(headers or {})
    return answer


def address_of(name: Static) -> str:
    """Of a file of ours. Its version is part of it, so that a browser may keep what it has."""
    return f"/static/{name}?v={sha256(static(name)).hexdigest()[:12]}"


@cache
def static(name: Static) -> bytes:
    return (files(__package__) / "static" / name).read_bytes()


def shown_safely(value: object) -> object:
    """Characters that could hide or rearrange what is read are written out; lines and tabs stay."""
    if not isinstance(value, str) or hasattr(value, "__html__") or value.isprintable():
        return value
    return written_out(value, lines=True)


def ago(moment: datetime, now: datetime) -> str:
    """`3 min ago`, `in 12 min`, `now`."""
    away = now - moment
    return "now" if abs(away) < timedelta(seconds=1) else f"{_long(away)} ago" if away > timedelta(0) else _ahead(away)


def _ahead(away: timedelta) -> str:
    return f"in {_long(-away)}"


def _long(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _content(value: JsonValue) -> str:
    text = value if isinstance(value, str) else _pretty(value)
    left_out = len(text) - LONGEST
    return text if left_out <= 0 else f"{text[:LONGEST]}\n… {left_out} characters more"


def _pretty(value: JsonValue) -> str:
    """One entry a line: readable, and still close together."""
    match value:
        case list():
            return "\n".join(canonical(one) for one in value)
        case dict():
            return "\n".join(f"{name}: {canonical(one)}" for name, one in value.items())
        case _:
            return canonical(value)


def _share(value: float) -> str:
    return f"{value:.0%}"


def _words(value: str) -> str:
    return value.replace("_", " ")


def _is_link(address: str) -> bool:
    """`javascript:` and the like are shown, and cannot be clicked."""
    return address.startswith(("https://", "http://"))


def _refused(request: Request, error: errors.AgentError) -> Response:
    status = status_of(error)
    if isinstance(error, errors.Unauthenticated) and request.method == "GET":
        return RedirectResponse(f"/login?to={quote(request.url.path)}", 303, headers=_HEADERS)
    if status == 500:
        log.error("a page failed", because=error)
    detail = "Your session has ended; sign in again." if status == 401 else str(error)
    return refusal(request, status, detail)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown_safely,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ago": ago,
        "chance": chance,
        "content": _content,
        "counted": counted,
        "lasting": _long,
        "share": _share,
        "words": _words,
    }
    environment.tests["link"] = _is_link
    return environment
