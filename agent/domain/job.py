"""A job: one piece of work that waits in the queue and comes back unless it is acknowledged in time."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from agent.domain.base import Noun

SLOTS = 4
"""Jobs that one worker process works on at once."""


class JobKind(StrEnum):
    INVESTIGATE = "investigate"
    RESUME = "resume"
    LEARN = "learn"


class Job(Noun):
    id: str
    kind: JobKind
    incident: str
    payload: dict[str, JsonValue] = {}
    priority: int = 2
    """The rank of the incident's severity: the smaller, the sooner."""


class Lease(Noun):
    """A job that somebody holds until `until`; `epoch` counts who held it and fences late writes."""

    job: Job
    holder: str
    epoch: int
    attempt: int
    """1 on the first delivery."""
    until: datetime
