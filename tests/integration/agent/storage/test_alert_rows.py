"""Is one alert that cannot be read told apart from the others, on both engines?"""

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, update

from agent.domain.alert import Alert, AlertStatus, Fate, Severity
from agent.domain.errors import Conflict
from agent.storage import alerts
from agent.storage.alerts import Arrival, Receipt
from agent.storage.database import Database
from agent.storage.tables import alerts as table
from tests.clocks import Clock


async def test_one_that_cannot_be_read_is_told_apart_and_set_aside_as_it_lies(database: Database, clock: Clock) -> None:
    now = clock.now()
    receipt = Receipt(id="rc", integration="test", sender="s", received_at=now, accepted=3, quarantined=0)
    fired = Alert(
        integration="test", name="N", status=AlertStatus.FIRING, severity=Severity.LOW, labels={"a": "ü"}, starts_at=now
    )
    arrival = Arrival(receipt, [(id_, fired) for id_ in ("al-1", "al-2", "al-3")], [])
    await database.write(lambda connection: alerts.store(connection, arrival))
    later = update(table).where(table.c.id == "al-2").values(alert={"urgency": "now"})
    await database.write(lambda connection: connection.execute(later))

    waiting = await database.read(lambda connection: alerts.unplaced(connection, 10))
    assert [(one.id, one.alert) for one in waiting.alerts] == [("al-1", fired), ("al-3", fired)]
    why = "Its row on the record cannot be read: integration: Field required; "
    assert [(one.id, one.receipt, one.why.startswith(why)) for one in waiting.unreadable] == [("al-2", "rc", True)]

    await database.write(lambda connection: alerts.set_aside(connection, waiting.unreadable))
    left = await database.read(lambda connection: alerts.unplaced(connection, 10))
    assert ([one.id for one in left.alerts], left.unreadable) == (["al-1", "al-3"], [])
    assert (await database.read(alerts.counts)) == {"waiting": 2, "quarantined": 1}
    known = await database.read(lambda connection: alerts.placed_since(connection, now - timedelta(1)))
    assert known == []
    with pytest.raises(Conflict, match="receipts/rc"):
        await database.read(lambda connection: alerts.one(connection, "al-2"))


async def test_any_number_is_placed_again_and_none_of_them_that_was_placed_meanwhile(
    database: Database, clock: Clock
) -> None:
    """Two people may have all placed again, both at once."""
    now = clock.now()
    receipt = Receipt(id="rc", integration="test", sender="s", received_at=now, accepted=3, quarantined=0)
    fired = Alert(
        integration="test", name="N", status=AlertStatus.FIRING, severity=Severity.LOW, labels={}, starts_at=now
    )
    ids = [f"al-{number}" for number in range(70_000)]
    known = {ids[0]: Fate.QUARANTINED, ids[1]: Fate.INCIDENT, ids[-1]: Fate.QUARANTINED}
    await database.write(
        lambda connection: alerts.store(connection, Arrival(receipt, [(id_, fired) for id_ in known], []))
    )
    placed = update(table).where(table.c.id == bindparam("its")).values(fate=bindparam("so"))
    rows = [{"its": id_, "so": fate} for id_, fate in known.items()]
    await database.write(lambda connection: connection.execute(placed, rows))

    await database.write(lambda connection: alerts.look_at_again(connection, ids, Fate.QUARANTINED, now))
    waiting = await database.read(lambda connection: alerts.unplaced(connection, 10))
    assert [one.id for one in waiting.alerts] == [ids[0], ids[-1]]
