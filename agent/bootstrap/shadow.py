"""What would the rules of another configuration have made of recorded alerts?  Reads the record, changes nothing."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.engine import make_url

from agent.bootstrap.backends import ConfiguredTopology
from agent.config import Config
from agent.correlate.shadow import Shadow, compare, replay
from agent.correlate.standing import Standing
from agent.domain.alert import Placed
from agent.domain.errors import NotFound
from agent.domain.silence import Silence
from agent.ports import Lesson
from agent.settings import Settings
from agent.storage import alerts, silences
from agent.storage.database import Database
from agent.storage.tables import lessons


def shadow(settings: Settings, config: Config, since: datetime) -> Shadow:
    """Runs beside an agent that serves: it takes no lock and writes nothing. NotFound when there is no record."""
    file = make_url(settings.database).database or ""
    if settings.database.startswith("sqlite") and not Path(file).exists():
        raise NotFound(f"There is no record at {file}; AGENT_DATA names the data folder.")
    database = Database(settings.database)
    try:
        warm = since - Standing.horizon(config.correlation)
        recorded, silenced, causes = database.read_now(lambda connection: _read(connection, warm))
    finally:
        database.close()
    # As it is known now: what it was then is not on the record.
    topology = ConfiguredTopology(config.topology).known
    standing = Standing(config.correlation, inhibit=config.inhibit, silences=silenced, topology=topology)
    return compare(recorded, replay(recorded, standing), causes, since)


def _read(connection: Connection, since: datetime) -> tuple[list[Placed], list[Silence], Mapping[str, str]]:
    return alerts.placed_since(connection, since), silences.ending_after(connection, since), _causes(connection)


def _causes(connection: Connection) -> dict[str, str]:
    """What people confirmed; a quiet period confirms no cause."""
    told = [Lesson.model_validate(row) for row in connection.execute(select(lessons.c.lesson)).scalars()]
    confirmed = [one for one in told if one.confirmed_by != "quiet period"]
    return {one.incident: f"{one.component}: {one.fault}" if one.fault else one.component for one in confirmed}
