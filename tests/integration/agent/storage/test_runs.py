"""Which diagnosis of an incident is the latest, however often it began anew?"""

from agent.domain.hypothesis import Diagnosis, Usage, Verdict
from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import Chain
from tests.clocks import Clock
from tests.incidents import an_incident


async def test_the_tenth_episode_comes_behind_the_ninth(database: Database, chain: Chain, clock: Clock) -> None:
    known = SqlIncidents(database, chain, clock)
    for episode in (1, 2, 9, 10, 11):
        opened = an_incident(clock.now(), id="inc-1", title="t", episode=episode)
        if episode == 1:
            await database.write(lambda connection, one=opened: incidents.insert(connection, one))  # type: ignore[misc]  # a default
        diagnosis = Diagnosis(
            verdict=Verdict.CAUSE, component=f"c{episode}", summary="s", confidence=0.9, analysed_by="analysis"
        )
        await known.save_diagnosis("inc-1", opened.thread, diagnosis, Usage())
    runs = await database.read(lambda connection: incidents.runs_of(connection, "inc-1"))
    assert [run.id for run in runs] == ["inc-1.1", "inc-1.2", "inc-1.9", "inc-1.10", "inc-1.11"]
    latest = await database.read(lambda connection: incidents.diagnoses_of(connection, ["inc-1", "inc-2"]))
    assert {name: made.component for name, made in latest.items()} == {"inc-1": "c11"}
