"""How does a command come by the record in its newest shape, whether or not an agent was ever started on it?"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from agent.bootstrap.machine import data_folder
from agent.settings import Settings
from agent.storage.database import Database
from agent.storage.schema import migrate


def upgraded(settings: Settings) -> bool:
    """Bring it there; was there anything to do? DataFolderInUse while an agent runs, which has it there already."""
    with data_folder(settings.data, shared=settings.shared), closing(Database(settings.database)) as database:
        return migrate(database)


@contextmanager
def upgraded_record(settings: Settings) -> Iterator[Database]:
    """Open until the end of the block; also while an agent runs."""
    with closing(Database(settings.database)) as database:
        migrate(database)
        yield database
