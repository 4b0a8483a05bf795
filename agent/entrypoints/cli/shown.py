"""What of an answer does a command show?  Only these fields; whatever else the agent says is left alone."""

from datetime import datetime

from pydantic import BaseModel


class Wave(BaseModel):
    why: str
    alerts: tuple[str, ...]


class Incident(BaseModel):
    id: str
    status: str
    severity: str
    title: str
    service: str = ""
    team: str = ""
    episode: int = 1
    opened_at: datetime
    parked_because: str = ""
    merged_into: str | None = None
    split_from: str | None = None


class IncidentPage(BaseModel):
    incidents: tuple[Incident, ...]
    cursor: str = ""


class Suspect(BaseModel):
    component: str
    score: float
    why: str
    evidence: tuple[str, ...] = ()


class Claim(BaseModel):
    text: str
    evidence: tuple[str, ...]


class Diagnosis(BaseModel):
    verdict: str
    analysed_by: str
    summary: str
    confidence: float
    claims: tuple[Claim, ...] = ()
    claims_dropped: int = 0
    suspects: tuple[Suspect, ...] = ()
    ruled_out: tuple[str, ...] = ()
    next_check: str = ""
    degraded_because: str = ""


class Run(BaseModel):
    id: str
    diagnosis: Diagnosis | None = None
    report: str | None = None


class Evidence(BaseModel):
    id: str
    kind: str
    summary: str
    query: str


class Proposal(BaseModel):
    title: str
    risk: str


class Vote(BaseModel):
    who: str
    decision: str


class Approval(BaseModel):
    id: str
    incident: str
    status: str
    proposal: Proposal
    reason: str
    shown: str
    expires_at: datetime
    decided_by: str = ""
    quorum: int = 1
    votes: tuple[Vote, ...] = ()

    @property
    def standing(self) -> str:
        """`pending (1 of 2)` while it takes more than one person."""
        approved = sum(vote.decision == "approve" for vote in self.votes)
        return f"{self.status} ({approved} of {self.quorum})" if self.quorum > 1 else self.status


class ApprovalPage(BaseModel):
    approvals: tuple[Approval, ...]


class Effect(BaseModel):
    key: str = ""
    incident: str = ""
    kind: str = ""
    name: str
    status: str
    intent_at: datetime
    detail: str = ""


class Aside(BaseModel):
    id: str
    receipt: str
    name: str
    reason: str
    received_at: datetime


class AsidePage(BaseModel):
    alerts: tuple[Aside, ...]


class EffectPage(BaseModel):
    effects: tuple[Effect, ...]


class Event(BaseModel):
    text: str
    incident: str | None = None
    actor: str = ""


class Entry(BaseModel):
    """An entry of the journal."""

    at: datetime
    event: Event


class Alert(BaseModel):
    name: str
    annotations: dict[str, str] = {}


class Placed(BaseModel):
    alert: Alert


class WholeIncident(BaseModel):
    """Everything about one incident."""

    incident: Incident
    alerts: tuple[Placed, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    runs: tuple[Run, ...] = ()
    approvals: tuple[Approval, ...] = ()
    effects: tuple[Effect, ...] = ()
    timeline: tuple[Entry, ...] = ()
    waves: tuple[Wave, ...] = ()

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The latest."""
        return next((run.diagnosis for run in reversed(self.runs) if run.diagnosis), None)

    @property
    def report(self) -> str:
        """The latest, as Markdown; empty before there is one."""
        return next((run.report for run in reversed(self.runs) if run.report), "")
