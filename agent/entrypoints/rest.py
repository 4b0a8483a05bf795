"""What may programs look at and do?  The REST interface: parse, call the service, answer."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from agent.domain.alert import Placed
from agent.domain.approval import Approval, ApprovalStatus, Decision
from agent.domain.event import Recorded
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.maintenance import MaintenanceWindow, there_is
from agent.domain.remediation import Effect, EffectStatus
from agent.domain.silence import Matcher, Silence
from agent.entrypoints.auth import Asker, Decider, Guarded, Reader, Starter, application_of, views_of
from agent.service.questions import Answered
from agent.service.silencing import Held
from agent.storage.alerts import Aside
from agent.views import IncidentList, IncidentView, ReceiptView

router = APIRouter(prefix="/api", route_class=Guarded)

ID = r"^[A-Za-z0-9._:-]{1,100}$"
Id = Annotated[str, Path(pattern=ID)]
Words = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")]


def _statuses(given: str) -> str:
    if wrong := {*given.split(",")} - {*IncidentStatus, ""}:
        raise ValueError(f"{min(wrong)!r} is none of {', '.join(IncidentStatus)}")
    return given


Statuses = Annotated[
    str, AfterValidator(_statuses), Query(max_length=100, description="One, or several by comma; empty for all.")
]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DecisionAsked(_Asked):
    decision: Decision
    reason: Words = ""


class SettlementAsked(_Asked):
    found: Literal["done", "not_done"]
    reason: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]


class FeedbackGiven(_Asked):
    verdict: Literal["right", "wrong"]
    cause: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    comment: Words = ""


class QuestionAsked(_Asked):
    question: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class MergeAsked(_Asked):
    into: Annotated[str, Field(pattern=ID)]
    reason: Words = ""


class SplitAsked(_Asked):
    alerts: Annotated[list[Annotated[str, Field(pattern=ID)]], Field(min_length=1)]
    """Ids of alerts of the incident, as it lists them."""
    reason: Words = ""


class PlacingAsked(_Asked):
    alerts: Annotated[list[Annotated[str, Field(pattern=ID)]], Field(max_length=1_000)] = []
    """Ids of alerts that are set aside; none: all of them."""


class SilenceAsked(_Asked):
    matchers: Annotated[list[Matcher], Field(min_length=1, max_length=20)]
    minutes: Annotated[int, Field(ge=1, le=30 * 24 * 60)]
    comment: Words = ""


class MaintenanceAsked(_Asked):
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]
    matchers: Annotated[list[Matcher], Field(min_length=1, max_length=20)]
    starts_at: Annotated[AwareDatetime, AfterValidator(there_is)]
    ends_at: Annotated[AwareDatetime, AfterValidator(there_is)]
    opens: bool = False
    """Incidents are opened all the same, and nobody is paged."""
    comment: Words = ""

    @model_validator(mode="after")
    def _sound(self) -> "MaintenanceAsked":
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


class MaintenanceList(BaseModel):
    windows: list[Held]


class SilenceList(BaseModel):
    silences: list[Silence]


class AsideList(BaseModel):
    alerts: list[Aside]


class PlacedAgain(BaseModel):
    placed_again: int


class ApprovalList(BaseModel):
    approvals: list[Approval]


class EffectList(BaseModel):
    effects: list[Effect]


class JournalPage(BaseModel):
    entries: list[Recorded]
    """In order; ask again with `after` set to the last one's `sequence`."""


class Switched(BaseModel):
    actions_paused: bool


@router.get("/receipts/{receipt}", tags=["alerts"])
async def receipt(request: Request, receipt: Id, _: Reader) -> ReceiptView:
    """Where each alert of a webhook's body ended, and why."""
    return await views_of(request).receipt(receipt)


@router.get("/alerts", tags=["alerts"])
async def asides(request: Request, who: Reader) -> AsideList:
    """Those that are set aside, with the reason: the oldest 200."""
    return AsideList(alerts=await application_of(request).service.asides.listed(who))


@router.post("/alerts/place", tags=["alerts"])
async def place_again(request: Request, asked: PlacingAsked, caller: Decider) -> PlacedAgain:
    """Place alerts that were set aside as if they had come in now: 409 when one is not set aside."""
    return PlacedAgain(placed_again=await application_of(request).service.asides.place_again(asked.alerts, caller))


@router.get("/alerts/{alert}", tags=["alerts"])
async def alert(request: Request, alert: Id, _: Reader) -> Placed:
    """Where one alert ended, and why."""
    return await views_of(request).alert(alert)


@router.get("/incidents", tags=["incidents"])
async def incidents(
    request: Request,
    _: Reader,
    status: Statuses = "",
    q: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$", description="Text in title or service.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=100, pattern=r"^[A-Za-z0-9._:-]*$")] = "",
) -> IncidentList:
    """The newest first."""
    return await views_of(request).incidents(status, q, limit, cursor)


@router.get("/incidents/{incident}", tags=["incidents"])
async def incident(request: Request, incident: Id, _: Reader) -> IncidentView:
    """Its alerts, evidence, diagnoses with hypotheses and cost, approvals, actions and timeline."""
    return await views_of(request).incident(incident)


@router.post("/incidents/{incident}/ask", tags=["incidents"])
async def ask(request: Request, incident: Id, asked: QuestionAsked, caller: Asker) -> Answered:
    """A question, answered from the incident's evidence alone; every sentence cites it."""
    application = application_of(request)
    known = (await views_of(request).incident(incident)).incident
    return await application.service.questions.ask(known, asked.question, caller)


@router.post("/incidents/{incident}/feedback", status_code=204, tags=["incidents"])
async def feedback(request: Request, incident: Id, given: FeedbackGiven, caller: Asker) -> Response:
    """Was the diagnosis right?"""
    people = application_of(request).service.people
    await people.give_feedback(incident, given.verdict, given.cause, given.comment, caller)
    return Response(status_code=204)


@router.post("/incidents/{incident}/ack", tags=["incidents"])
async def acknowledge(request: Request, incident: Id, caller: Asker) -> Incident:
    """Somebody has seen it; the agent goes on."""
    return await application_of(request).service.people.acknowledge(incident, caller)


@router.post("/incidents/{incident}/cancel", tags=["incidents"])
async def cancel(request: Request, incident: Id, caller: Decider) -> Incident:
    """The agent stops working on it."""
    return await application_of(request).service.people.cancel(incident, caller)


@router.post("/incidents/{incident}/takeover", tags=["incidents"])
async def take_over(request: Request, incident: Id, caller: Decider) -> Incident:
    """The agent stops, and the incident is the caller's."""
    return await application_of(request).service.people.take_over(incident, caller)


@router.post("/incidents/{incident}/close", tags=["incidents"])
async def close(request: Request, incident: Id, caller: Decider) -> Incident:
    """It is over; what it taught is learned."""
    return await application_of(request).service.people.close(incident, caller)


@router.post("/incidents/{incident}/merge", tags=["incidents"])
async def merge(request: Request, incident: Id, asked: MergeAsked, caller: Decider) -> Incident:
    """Its alerts, and those that follow, are part of the other incident; answers with that one. Twice is once."""
    return await application_of(request).service.regrouping.merge(incident, asked.into, asked.reason, caller)


@router.post("/incidents/{incident}/split", tags=["incidents"])
async def split(request: Request, incident: Id, asked: SplitAsked, caller: Decider) -> Incident:
    """Some of its alerts are a new incident, which is investigated; answers with that one. Twice is once."""
    return await application_of(request).service.regrouping.split(incident, asked.alerts, asked.reason, caller)


@router.get("/approvals", tags=["approvals"])
async def approvals(request: Request, _: Reader, status: ApprovalStatus | Literal[""] = "") -> ApprovalList:
    """What waits for a human, or was decided."""
    return ApprovalList(approvals=await views_of(request).approvals(status))


@router.get("/approvals/{approval}", tags=["approvals"])
async def approval(request: Request, approval: Id, _: Reader) -> Approval:
    """Exactly what is asked."""
    return await views_of(request).approval(approval)


@router.post("/approvals/{approval}", tags=["approvals"])
async def decide(request: Request, approval: Id, asked: DecisionAsked, caller: Decider) -> Approval:
    """Approve or deny, once: 409 when it was decided already, 410 when it has expired."""
    via = "cli" if request.headers.get("user-agent", "").startswith("incident-agent-cli") else "rest"
    return await application_of(request).service.people.decide(approval, asked.decision, caller, via, asked.reason)


@router.get("/effects", tags=["actions"])
async def effects(request: Request, _: Reader, status: EffectStatus | Literal[""] = "") -> EffectList:
    """What was done in the world, the newest first; `unknown` ones wait for a human."""
    return EffectList(effects=await views_of(request).effects(status))


@router.post("/effects/{effect}", tags=["actions"])
async def settle(request: Request, effect: Id, asked: SettlementAsked, caller: Decider) -> Effect:
    """A human has found out whether an unknown effect took place: 409 when it is not unknown."""
    return await application_of(request).service.people.settle(effect, asked.found, asked.reason, caller)


@router.post("/actions/pause", tags=["actions"])
async def pause(request: Request, caller: Decider) -> Switched:
    """Stop every action: the one switch."""
    await application_of(request).service.people.switch_actions(paused=True, who=caller)
    return Switched(actions_paused=True)


@router.post("/actions/resume", tags=["actions"])
async def resume(request: Request, caller: Starter) -> Switched:
    """Let actions be taken again."""
    await application_of(request).service.people.switch_actions(paused=False, who=caller)
    return Switched(actions_paused=False)


@router.get("/silences", tags=["silences"])
async def silences(request: Request, who: Reader) -> SilenceList:
    """Those that have not ended."""
    return SilenceList(silences=await application_of(request).service.silencing.active(who))


@router.post("/silences", status_code=201, tags=["silences"])
async def silence(request: Request, asked: SilenceAsked, caller: Decider) -> Silence:
    """Alerts that match every matcher open no incident for so long."""
    silencing = application_of(request).service.silencing
    return await silencing.add(asked.matchers, timedelta(minutes=asked.minutes), asked.comment, caller)


@router.delete("/silences/{silence}", status_code=204, tags=["silences"])
async def end_silence(request: Request, silence: Id, caller: Decider) -> Response:
    """Let it end now."""
    await application_of(request).service.silencing.end(silence, caller)
    return Response(status_code=204)


@router.get("/maintenance", tags=["silences"])
async def maintenance(request: Request, who: Reader) -> MaintenanceList:
    """The windows that have not ended, and how many messages each has held back."""
    return MaintenanceList(windows=await application_of(request).service.silencing.maintenance(who))


@router.post("/maintenance", status_code=201, tags=["silences"])
async def plan_maintenance(request: Request, asked: MaintenanceAsked, caller: Decider) -> Silence:
    """Alerts that match wait until it is over, or open incidents that page nobody. DELETE /silences/{id} ends it."""
    window = MaintenanceWindow(
        name=asked.name,
        matchers=tuple(asked.matchers),
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        opens=asked.opens,
    )
    return await application_of(request).service.silencing.plan(window, asked.comment, caller)


@router.get("/audit", tags=["journal"])
async def audit(
    request: Request,
    _: Reader,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> JournalPage:
    """The journal in order, from the entry after `after`."""
    return JournalPage(entries=await views_of(request).audit(after, limit))
