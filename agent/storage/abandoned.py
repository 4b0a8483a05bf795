"""What becomes of a call that was announced, when the job that made it is set aside?  A human must find out."""

from sqlalchemy import Connection, update

from agent.domain.event import Event, EventType
from agent.domain.remediation import Effect, EffectStatus
from agent.storage.effects import of_incident
from agent.storage.journal import Chain
from agent.storage.tables import effects

_ACTIONS = frozenset({"action", "rollback"})
"""What jobs do; tickets and messages have somebody else who goes on with them."""


def give_up(connection: Connection, chain: Chain, incident: str) -> None:
    """Each action of the incident with an INTENT and no OUTCOME is unknown from here on, and somebody is called."""
    for effect in of_incident(connection, incident):
        if effect.status is EffectStatus.INTENT and effect.kind in _ACTIONS:
            _unknown(connection, chain, effect)


def _unknown(connection: Connection, chain: Chain, effect: Effect) -> None:
    detail = f"It is not known whether this was done: {effect.detail}. Its job was set aside. Look at the far end."
    values = {"status": EffectStatus.UNKNOWN, "outcome_at": chain.clock.now(), "detail": detail}
    connection.execute(update(effects).where(effects.c.key == effect.key).values(values))
    text = f"A human must find out whether this was done: {effect.kind} {effect.name}."
    chain.append(
        connection,
        _told(EventType.EFFECT_OUTCOME, effect, f"{EffectStatus.UNKNOWN}: {detail}"),
        _told(EventType.ESCALATED, effect, text),
    )


def _told(kind: EventType, effect: Effect, text: str) -> Event:
    facts = effect.model_dump(mode="json", include={"key", "kind", "name", "approval"})
    return Event(type=kind, incident=effect.incident, text=text, facts={**facts, "status": EffectStatus.UNKNOWN})
