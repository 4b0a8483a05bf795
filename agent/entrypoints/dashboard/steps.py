"""What can a person do on the pages?  Each form is checked, and goes to the service; then the page is shown again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field, NaiveDatetime, StringConstraints, field_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.domain.approval import Decision
from agent.domain.errors import NotFound
from agent.domain.maintenance import MaintenanceWindow
from agent.entrypoints.auth import application_of, views_of
from agent.entrypoints.dashboard.forms import sent, understood
from agent.entrypoints.dashboard.pages import Page
from agent.entrypoints.dashboard.visitor import SignedIn
from agent.entrypoints.rest import FeedbackGiven, Id, MergeAsked, SilenceAsked, SplitAsked

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)

CONDITIONS = 3
"""Conditions that the form for a silence has places for."""


class PlanSent(SilenceAsked):
    """What the form for maintenance says."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
    starts: Annotated[NaiveDatetime, Field(lt=datetime(9999, 1, 1))] | None = None  # noqa: DTZ001 (as the form gives it)
    """In UTC; now when it is left empty. Its end must be some day, too."""
    opens: bool = False

    @field_validator("starts", mode="before")
    @classmethod
    def _empty(cls, given: object) -> object:
        return given or None


@router.post("/incidents/{incident}/approvals/{approval}")
async def decide(request: Request, who: SignedIn, incident: Id, approval: Id) -> Response:
    """A human approves or denies."""
    said = await sent(request, who, "approve:low")
    application = application_of(request)
    if (await views_of(request).approval(approval)).incident != incident:
        raise NotFound(f"{incident} has no approval {approval}.")
    try:
        decision = Decision(said.get("decision", ""))
    except ValueError as error:
        raise HTTPException(422, "It can be approved or denied, nothing else.") from error
    await application.service.people.decide(
        approval, decision, who.caller, via="dashboard", comment=said.get("reason", "").strip()
    )
    return RedirectResponse(f"/incidents/{incident}#approval", 303)


@router.post("/incidents/{incident}/ack")
async def acknowledge(request: Request, who: SignedIn, incident: Id) -> Response:
    """Somebody has seen it; the agent goes on."""
    await sent(request, who, "ask")
    await application_of(request).service.people.acknowledge(incident, who.caller)
    return _back(incident)


@router.post("/incidents/{incident}/merge")
async def merge(request: Request, who: SignedIn, incident: Id) -> Response:
    """Its alerts are part of the other incident from now on."""
    said = await sent(request, who, "approve:low")
    asked = understood(MergeAsked, {"into": said.get("into", "").strip(), "reason": said.get("reason", "")})
    target = await application_of(request).service.regrouping.merge(incident, asked.into, asked.reason, who.caller)
    return _back(target.id)


@router.post("/incidents/{incident}/split")
async def split(request: Request, who: SignedIn, incident: Id) -> Response:
    """Some of its alerts are an incident of their own."""
    said = await sent(request, who, "approve:low")
    chosen = [name.removeprefix("alert:") for name in said if name.startswith("alert:")]
    asked = understood(SplitAsked, {"alerts": chosen, "reason": said.get("reason", "")})
    new = await application_of(request).service.regrouping.split(incident, asked.alerts, asked.reason, who.caller)
    return _back(new.id)


@router.post("/incidents/{incident}/feedback")
async def feedback(request: Request, who: SignedIn, incident: Id) -> Response:
    """Was the diagnosis right?"""
    said = await sent(request, who, "ask")
    told = {"verdict": said.get("verdict"), "cause": said.get("cause", "").strip(), "comment": said.get("comment", "")}
    given = understood(FeedbackGiven, told)
    people = application_of(request).service.people
    await people.give_feedback(incident, given.verdict, given.cause, given.comment, who.caller)
    return RedirectResponse(f"/incidents/{incident}#feedback", 303)


@router.post("/incidents/{incident}/{step}")
async def step(request: Request, who: SignedIn, incident: Id, step: Literal["cancel", "takeover", "close"]) -> Response:
    """The agent stops, at once or with a hand over it; or it is over."""
    await sent(request, who, "approve:low")
    people = application_of(request).service.people
    does = {"cancel": people.cancel, "takeover": people.take_over, "close": people.close}
    await does[step](incident, who.caller)
    return _back(incident)


@router.post("/silences")
async def silence(request: Request, who: SignedIn) -> Response:
    """Alerts that match open no incident for a while."""
    said = await sent(request, who, "approve:low")
    asked = understood(
        SilenceAsked,
        {"matchers": _conditions(said), "minutes": said.get("minutes", ""), "comment": said.get("comment", "")},
    )
    silencing = application_of(request).service.silencing
    await silencing.add(asked.matchers, timedelta(minutes=asked.minutes), asked.comment, who.caller)
    return RedirectResponse("/silences", 303)


@router.post("/maintenance")
async def plan_maintenance(request: Request, who: SignedIn) -> Response:
    """Work is planned: alerts that match wait until it is over, or open incidents that page nobody."""
    said = await sent(request, who, "approve:low")
    asked = understood(PlanSent, {**said, "matchers": _conditions(said)})
    application = application_of(request)
    begins = asked.starts.replace(tzinfo=UTC) if asked.starts else application.clock.now()
    window = MaintenanceWindow(
        name=asked.name,
        matchers=tuple(asked.matchers),
        starts_at=begins,
        ends_at=begins + timedelta(minutes=asked.minutes),
        opens=asked.opens,
    )
    await application.service.silencing.plan(window, asked.comment, who.caller)
    return RedirectResponse("/silences#maintenance", 303)


@router.post("/silences/{silence}/end")
async def end_silence(request: Request, who: SignedIn, silence: Id) -> Response:
    """It ends now."""
    await sent(request, who, "approve:low")
    await application_of(request).service.silencing.end(silence, who.caller)
    return RedirectResponse("/silences", 303)


@router.post("/actions/{switch}")
async def switch_actions(request: Request, who: SignedIn, switch: Literal["pause", "resume"]) -> Response:
    """The one switch that stops every action; letting them go on takes more than stopping them."""
    await sent(request, who, "approve:low" if switch == "pause" else "approve:high")
    await application_of(request).service.people.switch_actions(paused=switch == "pause", who=who.caller)
    return RedirectResponse("/approvals", 303)


def _conditions(said: Mapping[str, str]) -> list[dict[str, str]]:
    """Those whose label was given."""
    rows = [{name: said.get(f"{name}-{at}", "") for name in ("label", "operator", "value")} for at in range(CONDITIONS)]
    return [row for row in rows if row["label"].strip()]


def _back(incident: str) -> Response:
    return RedirectResponse(f"/incidents/{incident}", 303)
