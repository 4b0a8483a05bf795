"""Which rows are there for somebody who is limited to some teams' incidents?"""

from sqlalchemy import Column, ColumnElement, select

from agent.storage.tables import incidents

Teams = frozenset[str] | None
"""Names of teams, an empty one for the incidents that went to none; None: all."""


def within(incident: Column[str], teams: Teams) -> tuple[ColumnElement[bool], ...]:
    """Conditions for `where`: the row is of an incident of one of them. None without a limit."""
    if teams is None:
        return ()
    return (incident.in_(select(incidents.c.id).where(incidents.c.team.in_(teams))),)
