"""Is the database in the shape `tables` describes? Migrations go forward only, each in one transaction."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from agent.domain.errors import ConfigurationError
from agent.storage.database import Database
from agent.storage.engine import said

_FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database) -> bool:
    """Bring the database to the newest shape; was there anything to do? Killed half-way, nothing has changed.

    ConfigurationError, with the sentence for whoever starts it, when that cannot be done. Of two processes that
    start at once the second waits for the first.
    """
    try:
        found = database.read_now(revision)
    except DBAPIError as error:
        address = database.engine.url.render_as_string()
        raise ConfigurationError(f"The record cannot be read: {said(error)}. {remedy(address)}") from error
    if found > newest():
        raise ConfigurationError(
            f"The record is at {found}, and this version knows {newest()}: start the newer version that made it, "
            "or restore the backup from before."
        )
    try:
        return found != newest() and database.write_now(_upgrade)
    except DBAPIError as error:
        raise ConfigurationError(
            f"The record cannot be brought from {found or 'nothing'} to {newest()}, and is as it was: {said(error)}."
        ) from error


def newest() -> str:
    """The newest revision's name: its file's number."""
    return max(path.name.split("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def revision(connection: Connection) -> str:
    """The name of the shape that it is in; empty before it has one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection) -> bool:
    if revision(connection) == newest():
        return False
    if connection.dialect.name == "postgresql":
        # A large table may take longer than any statement otherwise may, and who reads it is waited for.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    # Alembic takes half a second to import, and there is mostly nothing for it to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return True


def remedy(address: str) -> str:
    """What to do when the record at this address cannot be read, as a sentence or two."""
    kind, _, file = address.partition(":///")
    if kind != "sqlite":
        return "Check AGENT_DATABASE_URL, and that the database is up."
    return f"Look at {file}; when it is damaged, bring a backup back: `incident-agent restore --from DIR`."
