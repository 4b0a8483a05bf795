"""An alert that somebody sent and that stands in an incident, for tests that ask who is its author."""

from sqlalchemy import update

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.storage import alerts
from agent.storage.alerts import Arrival, Receipt
from agent.storage.database import Database
from agent.storage.tables import alerts as alerts_table
from tests.clocks import Clock


async def sent(database: Database, clock: Clock, sender: str, incident: str) -> None:
    """One receipt of each sender."""
    now = clock.now()
    receipt = Receipt(
        id=f"rc-{sender}", integration="generic", sender=sender, received_at=now, accepted=1, quarantined=0
    )
    alert = Alert(
        integration="generic",
        name="High",
        status=AlertStatus.FIRING,
        severity=Severity.HIGH,
        labels={"service": "cart"},
        starts_at=now,
    )
    arrival = Arrival(receipt=receipt, alerts=[(f"al-{sender}", alert)], unparsed=())
    await database.write(lambda connection: alerts.store(connection, arrival))
    placed = update(alerts_table).where(alerts_table.c.receipt == receipt.id).values(incident=incident)
    await database.write(lambda connection: connection.execute(placed))
