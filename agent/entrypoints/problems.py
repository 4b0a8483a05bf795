"""What does a caller see when something is refused?  One problem document (RFC 9457), never a traceback."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.domain import errors
from agent.telemetry import Log
from tools.invisible import written_out

log = Log(__name__)

RETRY_AFTER = "5"
"""Seconds; Alertmanager keeps its own time, Datadog and people's scripts may read it."""

_STATUS: Mapping[type, int] = {
    errors.Unauthenticated: 401,
    errors.NotAllowed: 403,
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.AlreadyDecided: 409,
    errors.Conflict: 409,
    errors.LeaseLost: 409,
    errors.ApprovalExpired: 410,
    errors.QueueFull: 503,
    errors.ModelUnavailable: 503,
    errors.BudgetSpent: 503,
    errors.MemoryUnavailable: 503,
    errors.JournalBroken: 503,
}


def status_of(error: Exception) -> int:
    """Of the answer to a request that met this error; 500 for a mistake of ours."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The document; its title is the status in words, since no type of ours says more."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": written_out(detail, lines=True),
    }
    return JSONResponse(content, status, _headers(status) | dict(headers or {}), "application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error that a request may meet with a problem document."""
    app.add_exception_handler(errors.AgentError, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _record_failed)
    app.add_exception_handler(ClientDisconnect, _gone)


class LastResort:
    """The outermost frame of the web side: a mistake of ours is logged once and told in one sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 (the outermost frame: the server would answer in plain text)
            log.error("a request failed", because=error, path=scope.get("path", ""))  # noqa: TRY400 (our own logger)
            if not started:
                sentence = "This is a mistake in incident-agent, not yours. Its log says more."
                await problem(500, sentence)(scope, receive, send)


def _headers(status: int) -> dict[str, str]:
    match status:
        case 401:
            return {"WWW-Authenticate": 'Bearer, Basic realm="incident-agent"', "Connection": "close"}
        case 503:
            return {"Retry-After": RETRY_AFTER}
        case _:
            return {}


def _refused(_: Request, error: Exception) -> Response:
    status = status_of(error)
    if status == 500:
        log.error("a request failed", because=error)
    return problem(status, str(error))


def _not_understood(_: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    wrong = [_told(one["loc"], one["msg"]) for one in found[:5]]
    return problem(422, "; ".join(wrong) or "The request was not understood.")


def _told(place: tuple[str | int, ...], said: str) -> str:
    """Without the part of the request that it stands in, which comes first."""
    where = ".".join(map(str, place[1:]))
    return f"{where}: {said}".removeprefix(": ").replace("Value error, ", "")


def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, error.detail, error.headers)


def _record_failed(request: Request, error: Exception) -> Response:
    log.error("the record cannot be reached", because=error, path=request.url.path)
    return problem(503, "The record cannot be written or read at the moment; try again.")


def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads it: the sender hung up."""
    return problem(400, "The body broke off.")
