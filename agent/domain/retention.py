"""How long is what is kept, kept?"""

from datetime import timedelta

from pydantic import Field, model_validator

from agent.domain.base import Noun

_SHORTEST = timedelta(days=1)
"""Alerts and incidents younger than that still take part in what is going on."""


class Retention(Noun):
    """How long what is kept; `null` keeps it for ever. What was learned from incidents stays until it is forgotten.

    The record and its journal stay until somebody says otherwise, so that a clock set far ahead lets go of neither.
    """

    incidents: timedelta | None = Field(None, ge=_SHORTEST)
    """Closed ones, with alerts, evidence, diagnoses, approvals, effects and feedback; from when they were closed."""
    noise: timedelta | None = Field(timedelta(days=90), ge=_SHORTEST)
    """Alerts that are part of no incident, what could not be parsed, and the receipts of both."""
    changes: timedelta | None = Field(timedelta(days=90), ge=_SHORTEST)
    """Deploys and the like that were reported."""
    runs: timedelta | None = Field(timedelta(days=30), ge=_SHORTEST)
    """The checkpoints of closed incidents; without them nothing more can be asked about those."""
    reads: timedelta | None = Field(timedelta(days=180), ge=_SHORTEST)
    """The access log."""
    journal: timedelta | None = Field(None, ge=_SHORTEST)
    """Entries of the journal; not shorter than `incidents`, which would lose their history."""

    @model_validator(mode="after")
    def _journal_outlives_incidents(self) -> "Retention":
        if self.journal is not None and (self.incidents is None or self.journal < self.incidents):
            raise ValueError("retention.journal must not be shorter than retention.incidents")
        return self
