"""Is the database in the shape `tables` describes? Migrations go forward only, each in one transaction."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from agent.storage.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database) -> bool:
    """Bring the database to the newest shape; was there anything to do? Killed half-way, nothing has changed."""
    if database.read_now(_revision) == newest():
        return False
    database.write_now(_upgrade)
    return True


def newest() -> str:
    """The newest revision's name: its file's number."""
    return max(path.name.split("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection) -> None:
    # Alembic takes half a second to import, and there is mostly nothing for it to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
