"""What the journal records: one event a step, in a closed set, so that every reader can be checked for completeness."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from agent.domain.base import Noun


class EventType(StrEnum):
    ALERTS_RECEIVED = "alerts_received"
    ALERT_PLACED = "alert_placed"
    ALERTS_PLACED_AGAIN = "alerts_placed_again"
    """A human has some placed again that were set aside."""
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_REOPENED = "incident_reopened"
    INCIDENT_UPDATED = "incident_updated"
    """An alert joined it, or its severity rose."""
    INCIDENT_MERGED = "incident_merged"
    """Told on both: its alerts are part of another incident now, or another's of it."""
    INCIDENT_SPLIT = "incident_split"
    """Some of its alerts are a new incident now."""
    INCIDENT_STATUS = "incident_status"
    TRIAGED = "triaged"
    RECALLED = "recalled"
    SURVEYED = "surveyed"
    MODEL_CALLED = "model_called"
    TOOL_CALLED = "tool_called"
    DIAGNOSED = "diagnosed"
    ACTION_PROPOSED = "action_proposed"
    ACTION_REFUSED = "action_refused"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_DECIDED = "approval_decided"
    APPROVAL_REMINDED = "approval_reminded"
    """A question still waits; `last` in the facts when it is about to expire."""
    APPROVAL_EXPIRED = "approval_expired"
    ESCALATED = "escalated"
    """Automation has stopped and a human must act now: a question expired or was denied, or an effect is unknown.
    With `step` in the facts: nobody answers, and `teams` and `people` are called."""
    EFFECT_INTENT = "effect_intent"
    EFFECT_OUTCOME = "effect_outcome"
    EFFECT_SETTLED = "effect_settled"
    """A human found out whether it was done."""
    VERIFIED = "verified"
    REPORTED = "reported"
    PARKED = "parked"
    LEARNED = "learned"
    FEEDBACK = "feedback"
    ACTIONS_PAUSED = "actions_paused"
    ACTIONS_RESUMED = "actions_resumed"
    KEY_CHANGED = "key_changed"
    SILENCE_CHANGED = "silence_changed"
    JOB_DEAD = "job_dead"
    RECORD_RESTORED = "record_restored"
    """From a backup: what happened between it and this entry is not known here."""
    PERSON_DELETED = "person_deleted"
    """At somebody's request; `begun`, `done` or `again` (after a restore) in the facts, and never the name."""
    ENTRIES_LET_GO = "entries_let_go"
    """For their age: of the record or of the journal, how many of which kind in the facts."""
    ROOT_ROTATED = "root_rotated"
    """Everything that was sealed with the old root secret is sealed with the new one."""


class Event(Noun):
    """One thing that happened. `text` is the sentence people read; `facts` is what programs read."""

    type: EventType
    text: str
    incident: str | None = None
    actor: str = "agent"
    """Who did it: `agent`, a key's name, a person."""
    facts: dict[str, JsonValue] = {}
    subject: str = ""
    """Whom it speaks of, when that is not the actor: the text can be made unreadable at that person's request."""


class Recorded(Noun):
    """An event in its place in the journal. `hash` covers everything here and the hash before it."""

    sequence: int
    at: datetime
    event: Event
    previous: str
    hash: str
