"""The use cases: everything an entrypoint can ask for."""

from dataclasses import dataclass

from agent.service.asides import Asides
from agent.service.escalation import Escalation
from agent.service.intake import Intake
from agent.service.people import People
from agent.service.placement import Placement
from agent.service.questions import Questions
from agent.service.reading import Reading
from agent.service.regrouping import Regrouping
from agent.service.remembering import Remembering
from agent.service.runs import Runs
from agent.service.silencing import Silencing
from agent.service.upkeep import Upkeep


@dataclass(frozen=True, kw_only=True)
class Service:
    intake: Intake
    """A webhook's body comes in."""
    placement: Placement
    """Stored alerts become incidents."""
    asides: Asides
    """Somebody has those placed again that were set aside."""
    runs: Runs
    """A leased job is worked on."""
    people: People
    """A human decides, closes, comments."""
    regrouping: Regrouping
    """A human merges two incidents, or splits one."""
    silencing: Silencing
    """Somebody wants quiet about something."""
    questions: Questions
    """Somebody asks about an incident."""
    escalation: Escalation
    """Nobody answers, and somebody else is called."""
    reading: Reading
    """Somebody looks at an incident."""
    remembering: Remembering
    """Somebody looks into the memory, or changes it."""
    upkeep: Upkeep
    """What time itself brings: expiry, closing, sweeping."""
