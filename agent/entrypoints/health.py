"""Is it alive, is it ready, and how is it doing?  Load balancers ask the first two with HEAD as well as with GET."""

import asyncio
from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.bootstrap import Application
from agent.domain.errors import NotAllowed, Unauthenticated
from agent.domain.incident import IncidentStatus
from agent.entrypoints.auth import Guarded, Reader, application_of, authenticate
from agent.identity.roles import require_every_team
from tools.invisible import written_out

open_router = APIRouter(tags=["health"])
router = APIRouter(route_class=Guarded, tags=["health"])

PATIENCE = timedelta(seconds=2)


@open_router.head("/livez", include_in_schema=False)
@open_router.get("/livez")
async def alive() -> dict[str, str]:
    """The process answers; nothing else is asked of it, so that a slow disk does not get it restarted."""
    return {"status": "alive"}


@open_router.head("/readyz", include_in_schema=False)
@open_router.get("/readyz", responses={503: {"description": "It cannot take requests at the moment."}})
async def ready(request: Request) -> Response:
    """Can it take alerts?  Why not, and what to do about it, is told to whoever has a key."""
    application = application_of(request)
    read, refusal = await asyncio.gather(
        _record_answers(application), request.app.state.writable.why_not(patience=PATIENCE)
    )
    works = read and not refusal
    content: dict[str, object] = {"status": "ready" if works else "not ready"}
    if await _has_a_key(request):
        writing = written_out(f"refused: {refusal}. {_remedy(application)}") if refusal else "works"
        content["checks"] = {"record": "answers" if read else "does not answer", "writing": writing}
    return JSONResponse(content, 200 if works else 503)


@router.get("/metrics")
async def metrics(request: Request, who: Reader) -> Response:
    """The numbers, in Prometheus' text format."""
    application = application_of(request)
    require_every_team(who)
    await _measure(application)
    await request.app.state.counting.catch_up()
    content = await asyncio.to_thread(application.meters.exposition)
    return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _record_answers(application: Application) -> bool:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await application.views.alive()
    except (SQLAlchemyError, TimeoutError):
        return False


def _remedy(application: Application) -> str:
    meanwhile = "Alerts are answered 503 until then, so that their senders send them again."
    if application.settings.shared:
        return f"Look at the log of the PostgreSQL in AGENT_DATABASE_URL, and let it take writes again. {meanwhile}"
    return (
        "Look at the disk of the data folder: make room when it is full; when it was mounted read-only, stop the "
        f"agent, check and mount it again, and start. {meanwhile}"
    )


async def _has_a_key(request: Request) -> bool:
    if "authorization" not in request.headers:
        return False
    try:
        await authenticate(request)
    except (NotAllowed, Unauthenticated, SQLAlchemyError):
        return False
    return True


async def _measure(application: Application) -> None:
    """What only the record knows is read when somebody asks."""
    load, meters = await application.views.load(), application.meters
    for fate, number in load.alerts.items():
        meters.alerts.labels(fate).set(number)
    for status in IncidentStatus:
        meters.incidents.labels(status).set(load.incidents.get(status, 0))
    meters.queue_depth.labels("waiting").set(load.jobs_waiting)
    meters.queue_age.set(load.oldest_job.total_seconds())
    meters.actions_paused.set(load.actions_paused)
