"""Is every action stopped? The one switch, and who set it."""

from sqlalchemy import Connection, select, update

from agent.domain.event import Event, EventType
from agent.storage.journal import Chain
from agent.storage.tables import switches

_NAME = "actions paused"


def actions_paused(connection: Connection) -> bool:
    return bool(connection.scalar(select(switches.c.on).where(switches.c.name == _NAME)))


def switch_actions(connection: Connection, chain: Chain, *, paused: bool, who: str, why: str = "") -> None:
    """From the next dispatch on; told to the journal."""
    values = {"on": paused, "set_by": who, "at": chain.clock.now()}
    if connection.execute(update(switches).where(switches.c.name == _NAME).values(values)).rowcount == 0:
        connection.execute(switches.insert().values(name=_NAME, **values))
    kind = EventType.ACTIONS_PAUSED if paused else EventType.ACTIONS_RESUMED
    text = f"{who} {'paused' if paused else 'resumed'} every action{': ' + why if why else ''}."
    chain.append(connection, Event(type=kind, text=text, actor=who))
