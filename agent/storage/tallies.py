"""How many alerts ended where?  Counted as they do, in the same transaction, so that nobody has to look at them all."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, func, select, update

from agent.storage.tables import alerts, quarantine, tallies

UNPARSED = "unparsed"
"""Parts of bodies that are no alert at all; what else is counted goes by the name of a fate."""
WAITING = 10_000
"""So many of the alerts that wait to be placed are counted, and no more: they are found, not kept count of."""


def add(connection: Connection, more: Mapping[str, int]) -> None:
    """So many ended there; less than none: so many did, and are looked at again or let go."""
    for name, number in more.items():
        if number:
            here = update(tallies).where(tallies.c.name == name).values(number=tallies.c.number + number)
            if connection.execute(here).rowcount == 0:
                connection.execute(tallies.insert().values(name=name, number=number))


def let_go(connection: Connection, gone: ColumnElement[bool]) -> None:
    """Alerts that are about to be: they are counted no more."""
    query = select(alerts.c.fate, func.count()).where(gone, alerts.c.fate.is_not(None)).group_by(alerts.c.fate)
    add(connection, {str(fate): -number for fate, number in connection.execute(query)})


def told(connection: Connection) -> dict[str, int]:
    """What is kept count of, where there is any."""
    return {row.name: row.number for row in connection.execute(select(tallies)) if row.number}


def waiting(connection: Connection, most: int = WAITING) -> int:
    """Alerts that are not placed yet, so many at most."""
    found = select(alerts.c.sequence).where(alerts.c.fate.is_(None)).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(found)) or 0


def true(connection: Connection) -> bool:
    """Is what is kept what there is?  Looks at every alert.

    A process of a version that kept no count may have placed some beside ours while all were being upgraded.
    """
    return told(connection) == _found(connection)


def count_anew(connection: Connection) -> None:
    """Looks at every alert, too; for the transaction of a writer, of whom there is one at a time."""
    connection.execute(tallies.delete())
    add(connection, _found(connection))


def _found(connection: Connection) -> dict[str, int]:
    placed = select(alerts.c.fate, func.count()).where(alerts.c.fate.is_not(None)).group_by(alerts.c.fate)
    found = {str(fate): int(number) for fate, number in connection.execute(placed)}
    unparsed = connection.scalar(select(func.count()).select_from(quarantine)) or 0
    return found | ({UNPARSED: unparsed} if unparsed else {})
