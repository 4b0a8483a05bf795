"""S24: who counts as the author of what a question is about, whatever was merged and split since?"""

from functools import partial

import pytest

from agent.storage import incidents
from agent.storage.approval_rows import senders
from agent.storage.database import Database
from tests.clocks import Clock
from tests.incidents import an_incident
from tests.integration.agent.storage.sent import sent


@pytest.mark.attack("S24")
async def test_whose_alert_was_split_off_is_an_author_all_the_same(database: Database, clock: Clock) -> None:
    made = {
        "inc-1": an_incident(clock.now(), id="inc-1"),
        "inc-2": an_incident(clock.now(), id="inc-2", split_from="inc-1"),
        "inc-3": an_incident(clock.now(), id="inc-3", split_from="inc-2", merged_into="inc-4"),
        "inc-4": an_incident(clock.now(), id="inc-4"),
        "inc-5": an_incident(clock.now(), id="inc-5"),
    }
    for one in made.values():
        await database.write(partial(incidents.insert, incident=one))
    for sender, incident in {"am": "inc-1", "eve": "inc-2", "mallory": "inc-4", "other": "inc-5"}.items():
        await sent(database, clock, sender, incident)

    found = {name: await database.read(partial(senders, incident=name)) for name in made}

    assert found == {
        "inc-1": {"am", "eve", "mallory"},
        "inc-2": {"eve", "mallory"},
        "inc-3": {"mallory"},
        "inc-4": {"mallory"},
        "inc-5": {"other"},
    }
