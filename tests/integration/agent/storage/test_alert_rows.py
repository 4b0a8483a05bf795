"""Is one alert that cannot be read told apart from the others, on both engines?"""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import bindparam, event, select, update

from agent.domain.alert import Fate
from agent.domain.errors import Conflict
from agent.storage import alerts
from agent.storage.alerts import Arrival, Receipt
from agent.storage.database import Database
from agent.storage.schema import migrate
from agent.storage.tables import alerts as table
from tests.clocks import Clock
from tests.integration.agent.storage.fired import fired


async def test_one_that_cannot_be_read_is_told_apart_and_set_aside_as_it_lies(database: Database, clock: Clock) -> None:
    now = clock.now()
    receipt = Receipt(id="rc", integration="test", sender="s", received_at=now, accepted=3, quarantined=0)
    alert = fired(0, now).model_copy(update={"labels": {"a": "ü"}})
    arrival = Arrival(receipt, [(id_, alert) for id_ in ("al-1", "al-2", "al-3")], [])
    await database.write(lambda connection: alerts.store(connection, arrival))
    later = update(table).where(table.c.id == "al-2").values(alert={"urgency": "now"})
    await database.write(lambda connection: connection.execute(later))

    waiting = await database.read(lambda connection: alerts.unplaced(connection, 10))
    assert [(one.id, one.alert) for one in waiting.alerts] == [("al-1", alert), ("al-3", alert)]
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
    alert = fired(0, now)
    ids = [f"al-{number}" for number in range(70_000)]
    known = {ids[0]: Fate.QUARANTINED, ids[1]: Fate.INCIDENT, ids[-1]: Fate.QUARANTINED}
    await database.write(
        lambda connection: alerts.store(connection, Arrival(receipt, [(id_, alert) for id_ in known], []))
    )
    placed = update(table).where(table.c.id == bindparam("its")).values(fate=bindparam("so"))
    rows = [{"its": id_, "so": fate} for id_, fate in known.items()]
    await database.write(lambda connection: connection.execute(placed, rows))

    await database.write(lambda connection: alerts.look_at_again(connection, ids, Fate.QUARANTINED, now))
    waiting = await database.read(lambda connection: alerts.unplaced(connection, 10))
    assert [one.id for one in waiting.alerts] == [ids[0], ids[-1]]


async def test_with_alerts_that_are_placed_again_goes_what_followed_them_and_ended_nothing(
    database: Database, clock: Clock
) -> None:
    now = clock.now()
    many = [(f"al-{number}", fired(number, now)) for number in range(alerts.PART + 1)]
    early, late, joined, other = "early", "late", "joined", "other"
    stored = [(early, many[-1][1]), *many, (late, many[-1][1]), (joined, many[-1][1]), (other, fired(-1, now))]
    receipt = Receipt(id="rc", integration="test", sender="s", received_at=now, accepted=len(stored), quarantined=0)
    await database.write(lambda connection: alerts.store(connection, Arrival(receipt, stored, [])))
    ended = {early: None, late: None, joined: "inc-1", other: None}
    placed = update(table).where(table.c.id == bindparam("its")).values(fate=Fate.DUPLICATE, incident=bindparam("at"))
    rows = [{"its": id_, "at": incident} for id_, incident in ended.items()]
    await database.write(lambda connection: connection.execute(placed, rows))
    again = update(table).where(table.c.fate.is_(None)).values(looked_at_again=now)
    await database.write(lambda connection: connection.execute(again))

    await database.write(lambda connection: alerts.look_at_what_followed(connection, now))
    placed_still = select(table.c.id).where(table.c.fate.is_not(None))
    left = await database.read(lambda connection: set(connection.scalars(placed_still)))
    assert left == {early, joined, other}


async def test_what_followed_is_not_looked_for_alert_by_alert(tmp_path: Path) -> None:
    """A thousand of them in a record of 100,000 took SQLite two minutes, in which nothing else was written."""
    database = Database(f"sqlite:///{tmp_path / 'agent.db'}")
    migrate(database)
    clock, said = Clock(), list[tuple[str, object]]()
    stored = [("al-1", fired(1, clock.now()))]
    receipt = Receipt(id="rc", integration="t", sender="s", received_at=clock.now(), accepted=1, quarantined=0)
    await database.write(lambda connection: alerts.store(connection, Arrival(receipt, stored, [])))
    await database.write(lambda connection: connection.execute(update(table).values(looked_at_again=clock.now())))
    event.listen(database.engine, "before_cursor_execute", lambda *call: said.append((call[2], call[3])))
    await database.write(lambda connection: alerts.look_at_what_followed(connection, clock.now()))
    asked = [one for one in said if one[0].startswith(("SELECT", "UPDATE"))]
    with database.engine.connect() as connection:
        plans = [
            row[-1]
            for sql, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)  # type: ignore[arg-type]  # as the driver took them
        ]
    database.close()
    assert asked
    assert [step for step in plans if "CORRELATED" in step] == []
