from dataclasses import replace
from datetime import timedelta

from agent.storage import changes
from agent.storage.alerts import Arrival, Receipt
from agent.storage.changes import SqlChanges
from agent.storage.database import Database
from tests.clocks import NOON
from tools.base import Change

SECOND = timedelta(seconds=1)


def _arrival(number: int) -> Arrival:
    return Arrival(
        Receipt(id=f"rc-{number}", integration="ci", sender="s", received_at=NOON, accepted=1, quarantined=0), [], []
    )


async def test_a_change_told_twice_is_one(database: Database) -> None:
    first = Change(
        at=NOON, service="cart", kind="deploy", summary="v2", source="ci", author="ann", link="https://ci.example/1"
    )
    last = replace(first, at=NOON + 9 * SECOND, summary="v3")
    for number, told in enumerate(((first, last), (first,))):
        arrival = _arrival(number)
        await database.write(lambda connection, arrival=arrival, told=told: changes.store(connection, arrival, told))  # type: ignore[misc]  # defaults

    source = SqlChanges(database)
    assert await source.between(NOON, NOON + 9 * SECOND) == [first, last]
