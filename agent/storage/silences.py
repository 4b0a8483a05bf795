"""What is silenced, by whom, until when?"""

from datetime import datetime

from sqlalchemy import Connection, select

from agent.domain.silence import Silence
from agent.storage.tables import silences


def add(connection: Connection, silence: Silence) -> None:
    values = silence.model_dump(exclude={"matchers"}) | silence.model_dump(mode="json", include={"matchers"})
    connection.execute(silences.insert().values(values))


def end(connection: Connection, id_: str, at: datetime) -> bool:
    """Let it end now; was there one that had not ended?"""
    ended = connection.execute(
        silences.update().where(silences.c.id == id_, silences.c.ends_at > at).values(ends_at=at)
    )
    return ended.rowcount > 0


def ending_after(connection: Connection, at: datetime) -> list[Silence]:
    """The first to end first."""
    query = select(silences).where(silences.c.ends_at > at).order_by(silences.c.ends_at)
    return [
        Silence.model_validate({name: getattr(row, name) for name in Silence.model_fields})
        for row in connection.execute(query)
    ]
