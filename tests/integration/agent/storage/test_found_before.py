"""Is what people said of components remembered by team, the last word of each on each incident?"""

from collections.abc import Sequence

from sqlalchemy import Connection

from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Diagnosis, Found, Usage, Verdict
from agent.domain.incident import IncidentStatus
from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import Chain
from agent.storage.lessons import SqlLessons
from agent.storage.tables import feedback
from tests.clocks import Clock
from tests.incidents import an_incident


async def _told(
    database: Database, chain: Chain, clock: Clock, id_: str, team: str, said: Sequence[tuple[str, str, str]]
) -> None:
    """`said`: (who, verdict, cause), in order, of an incident in which cart was blamed and till was seen."""
    opened = an_incident(clock.now(), id=id_, status=IncidentStatus.RESOLVED, title="t", team=team)
    await database.write(lambda connection: incidents.insert(connection, opened))
    known = SqlIncidents(database, chain, clock)
    seen = [
        Evidence(id="e0", kind=EvidenceKind.METRIC, source="s", query=name, entity=name, summary=name, content={})
        for name in ("cart", "till")
    ]
    await known.add_evidence(id_, seen)
    diagnosis = Diagnosis(
        verdict=Verdict.CAUSE, component="cart", summary="cart", confidence=0.9, analysed_by="analysis"
    )
    await known.save_diagnosis(id_, opened.thread, diagnosis, Usage())

    def write(connection: Connection) -> None:
        for who, verdict, cause in said:
            row = {"incident": id_, "verdict": verdict, "cause": cause, "comment": "", "given_by": who}
            connection.execute(feedback.insert().values(**row, at=clock.now()))

    await database.write(write)


async def test_the_last_word_of_each_person_counts_for_their_team(
    database: Database, chain: Chain, clock: Clock
) -> None:
    await _told(database, chain, clock, "inc-1", "shop", [("ann", "wrong", ""), ("ann", "right", "")])
    await _told(
        database, chain, clock, "inc-2", "shop", [("bob", "wrong", "the till had a full disk"), ("", "right", "")]
    )
    await _told(database, chain, clock, "inc-3", "data", [("eve", "wrong", "")])
    found = await SqlLessons(database, clock).found_before("shop")
    assert found == [
        Found(component="cart", who="ann", was_cause=True),
        Found(component="till", who="bob", was_cause=True),
        Found(component="cart", who="bob", was_cause=False),
    ]
