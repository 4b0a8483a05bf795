"""Is what is kept count of what there is, wherever alerts end, are looked at again or are let go?  On both engines."""

from datetime import timedelta

from sqlalchemy import Connection, text

from agent.domain.alert import Fate, Placed
from agent.domain.incident import IncidentStatus
from agent.domain.retention import Retention
from agent.ports import Unparsed
from agent.storage import alerts, incidents, retention, tallies
from agent.storage.alert_rows import Unreadable
from agent.storage.alerts import Arrival, Receipt
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.schema import migrate
from agent.storage.tables import metadata
from tests.clocks import Clock
from tests.integration.agent.storage import proposals
from tests.integration.agent.storage.fired import fired

ALL_RULES = Retention(
    incidents=timedelta(days=1), noise=timedelta(days=1), runs=None, changes=None, reads=None, journal=None
)


async def test_an_alert_is_counted_once_where_it_ended(database: Database, clock: Clock) -> None:
    placed = await _stored(database, clock, 6)
    assert await database.read(alerts.counts) == {"waiting": 6, "quarantined": 2}
    ended = [
        *(one.model_copy(update={"fate": Fate.DUPLICATE}) for one in placed[:3]),
        placed[3].model_copy(update={"fate": Fate.SILENCED}),
    ]
    for _ in range(2):
        await database.write(lambda connection: alerts.place(connection, ended))
        assert await database.read(alerts.counts) == {"duplicate": 3, "silenced": 1, "waiting": 2, "quarantined": 2}
    assert await database.read(tallies.true)


async def test_one_that_is_looked_at_again_waits_and_is_counted_where_it_ends_then(
    database: Database, clock: Clock
) -> None:
    placed = await _stored(database, clock, 3)
    unreadable = [Unreadable(id=placed[0].id, receipt="rc", why="Damaged.", body=b"")]
    silenced = [one.model_copy(update={"fate": Fate.SILENCED}) for one in placed[1:]]
    await database.write(lambda connection: alerts.set_aside(connection, unreadable))
    await database.write(lambda connection: alerts.place(connection, silenced))
    assert await database.read(alerts.counts) == {"silenced": 2, "quarantined": 3}

    ids, now = [one.id for one in placed], clock.now()
    await database.write(lambda connection: alerts.look_at_again(connection, ids, Fate.QUARANTINED, now))
    await database.write(lambda connection: alerts.look_at_again(connection, ids[:2], Fate.SILENCED, now))
    assert await database.read(alerts.counts) == {"silenced": 1, "waiting": 2, "quarantined": 2}
    assert await database.read(tallies.true)


async def test_what_followed_one_that_is_looked_at_again_is_not_counted_either(
    database: Database, clock: Clock
) -> None:
    first, second = await _stored(database, clock, 2, alike=True)
    await database.write(lambda connection: alerts.place(connection, [_ended(first), _ended(second)]))
    now = clock.now()
    await database.write(lambda connection: alerts.look_at_again(connection, [first.id], Fate.DUPLICATE, now))
    await database.write(lambda connection: alerts.look_at_what_followed(connection, now))
    assert await database.read(alerts.counts) == {"waiting": 2, "quarantined": 2}
    assert await database.read(tallies.true)


async def test_what_is_let_go_is_counted_no_more(database: Database, clock: Clock, chain: Chain) -> None:
    opened = await proposals.incident(database, clock)
    noise, part = await _stored(database, clock, 2)
    of_incident = part.model_copy(update={"fate": Fate.INCIDENT, "incident": opened.id})
    await database.write(lambda connection: alerts.place(connection, [_ended(noise), of_incident]))
    closed = opened.model_copy(update={"status": IncidentStatus.CLOSED, "closed_at": clock.now()})
    await database.write(lambda connection: incidents.replace(connection, closed))
    assert await database.read(alerts.counts) == {"duplicate": 1, "incident": 1, "quarantined": 2}

    later = clock.now() + timedelta(days=2)
    due = await database.read(lambda connection: retention.due(connection, ALL_RULES, later, 0))
    await database.write(lambda connection: retention.let_go(connection, chain, due))
    assert await database.read(alerts.counts) == {"quarantined": 0}
    assert await database.read(tallies.true)


async def test_of_a_refused_change_nothing_is_counted(database: Database, clock: Clock) -> None:
    [placed] = await _stored(database, clock, 1)

    def refused(connection: Connection) -> None:
        alerts.place(connection, [_ended(placed)])
        raise TimeoutError

    try:
        await database.write(refused)
    except TimeoutError:
        assert await database.read(alerts.counts) == {"waiting": 1, "quarantined": 2}


async def test_no_more_of_those_that_wait_are_looked_at_than_are_told(database: Database, clock: Clock) -> None:
    await _stored(database, clock, 3)
    assert await database.read(tallies.waiting) == 3
    assert await database.read(lambda connection: tallies.waiting(connection, most=2)) == 2


async def test_a_record_from_before_there_were_tallies_is_counted_once(address: str, clock: Clock) -> None:
    opened = Database(address)
    migrate(opened)
    placed = await _stored(opened, clock, 2)
    await opened.write(lambda connection: alerts.place(connection, [_ended(placed[0])]))
    await opened.write(_as_before)
    assert migrate(opened)
    assert await opened.read(alerts.counts) == {"duplicate": 1, "waiting": 1, "quarantined": 2}
    opened.close()


async def test_what_others_have_placed_without_counting_is_counted_anew(database: Database, clock: Clock) -> None:
    placed = await _stored(database, clock, 2)
    await database.write(lambda connection: alerts.place(connection, [_ended(placed[0])]))
    without = text("UPDATE alerts SET fate = 'silenced' WHERE fate IS NULL")
    await database.write(lambda connection: connection.execute(without))
    assert not await database.read(tallies.true)
    await database.write(tallies.count_anew)
    assert await database.read(tallies.true)
    assert await database.read(alerts.counts) == {"duplicate": 1, "silenced": 1, "quarantined": 2}


def _as_before(connection: Connection) -> None:
    """Without what the ninth migration made, and those after it."""
    connection.execute(text("DROP TABLE tallies"))
    for name in _made(connection):
        connection.execute(text(f"DROP INDEX {name}"))
    connection.execute(text("ALTER TABLE runs DROP COLUMN precedent"))
    connection.execute(text("CREATE INDEX ix_journal_incident ON journal (incident)"))
    connection.execute(text("CREATE INDEX ix_approvals_status ON approvals (status)"))
    connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))


def _made(connection: Connection) -> list[str]:
    older = {"alerts_by_incident", "alerts_unplaced", "approvals_by_run", "reads_by_incident", "jobs_due"}
    named = {str(index.name) for table in metadata.tables.values() for index in table.indexes}
    return sorted(name for name in named - older if not name.startswith("ix_"))


def _ended(placed: Placed) -> Placed:
    return placed.model_copy(update={"fate": Fate.DUPLICATE})


async def _stored(database: Database, clock: Clock, many: int, *, alike: bool = False) -> list[Placed]:
    """So many alerts, and two parts of the same body that are none."""
    now = clock.now()
    receipt = Receipt(id="rc", integration="t", sender="s", received_at=now, accepted=many, quarantined=2)
    arrived = [(f"al-{number}", fired(0 if alike else number, now)) for number in range(many)]
    parts = [Unparsed(body=b"?", reason="No alert."), Unparsed(body=b"!", reason="No alert.")]
    await database.write(lambda connection: alerts.store(connection, Arrival(receipt, arrived, parts)))
    return (await database.read(lambda connection: alerts.unplaced(connection, many))).alerts
