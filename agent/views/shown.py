"""What does the read side show, and what can be asked of it?"""

from datetime import timedelta
from typing import Literal

from agent.domain.alert import Fate, Placed
from agent.domain.approval import Approval
from agent.domain.base import Noun
from agent.domain.event import Recorded
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis, Hypothesis, Usage
from agent.domain.incident import Incident, IncidentStatus, Wave
from agent.domain.remediation import Effect
from agent.storage.alerts import Receipt
from agent.storage.tallies import WAITING


class Quarantined(Noun):
    """A part of a body that could not be understood."""

    fate: Literal[Fate.QUARANTINED] = Fate.QUARANTINED
    reason: str
    body: str
    """Its beginning, with what is no text replaced."""


class ReceiptView(Noun):
    receipt: Receipt
    alerts: tuple[Placed, ...]
    quarantined: tuple[Quarantined, ...]


class RunView(Noun):
    """One episode's diagnosis, cost and report."""

    id: str
    diagnosis: Diagnosis | None
    usage: Usage | None
    report: str | None


class Outline(Noun):
    """What is known of one incident, without what it was found out from."""

    incident: Incident
    runs: tuple[RunView, ...]
    """The latest last."""
    approvals: tuple[Approval, ...]
    """The newest first."""


class IncidentView(Noun):
    """Everything about one incident."""

    id: str
    status: IncidentStatus
    incident: Incident
    alerts: tuple[Placed, ...]
    evidence: tuple[Evidence, ...]
    runs: tuple[RunView, ...]
    """The latest last."""
    hypotheses: tuple[Hypothesis, ...]
    """The latest run's: the model's, or the suspects of the analysis where it made the diagnosis."""
    usage: Usage
    """What the model cost in all runs."""
    approvals: tuple[Approval, ...]
    effects: tuple[Effect, ...]
    actions: tuple[Effect, ...]
    """Those of the effects that the catalogue allows: actions and rollbacks, not tickets and messages."""
    timeline: tuple[Recorded, ...]
    waves: tuple[Wave, ...] = ()
    """When its alerts came in several waves, so that it may be several incidents: each of them could be split off."""


class IncidentList(Noun):
    incidents: tuple[Incident, ...]
    cursor: str
    """Hand it back for the next page; empty on the last."""


class Load(Noun):
    """How busy it is."""

    alerts: dict[str, int]
    """How many ended where; `waiting` for those not placed yet, of whom `WAITING` are counted at most."""
    incidents: dict[str, int]
    """How many have which status."""
    jobs_waiting: int
    oldest_job: timedelta
    actions_paused: bool

    @property
    def more_wait(self) -> bool:
        """There may be more alerts that wait than are counted."""
        return self.alerts.get("waiting", 0) >= WAITING


class Front(Noun):
    """What the first page shows, all of the same moment."""

    sequence: int
    """Of the journal's latest entry."""
    found: IncidentList
    diagnoses: dict[str, Diagnosis]
    """The latest of each incident found that has one."""
    asked: tuple[Approval, ...]
    """The questions that wait."""
    load: Load


class Sought(Noun):
    """Which incidents; the newest come first."""

    status: str = ""
    """One, or several by comma; empty: any."""
    severity: str = ""
    """The same."""
    text: str = ""
    """In title or service."""
    limit: int = 50
    cursor: str = ""
    """Of the page before."""
