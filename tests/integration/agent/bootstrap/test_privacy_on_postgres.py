"""Are somebody deleted and the root secret replaced where PostgreSQL has the record and the checkpoints, too?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from pydantic import SecretStr
from sqlalchemy import Connection, text, update

from agent.bootstrap import Application, Replaced, bootstrap, rotating
from agent.bootstrap.erasing import Held, erase, held
from agent.domain.approval import Decision
from agent.identity.roles import Caller
from agent.settings import Settings
from agent.storage import anchors, approval_rows
from agent.storage.deletions import Deletions
from agent.storage.tables import incidents as incidents_table
from tests.farends.postgres import HOW, binaries, postgres
from tests.integration.agent.storage.proposals import VALID, incident, proposal

pytestmark = pytest.mark.system
ADA = Caller(name="ada@shop.example", kind="person", scopes=frozenset({"admin"}))
OLD, NEW = "0123456789abcdef" * 2 + "old", "fedcba9876543210" * 2 + "new"
OVER, AT_WORK = "inc-over", "inc-at-work"


@pytest.fixture
def address() -> Iterator[str]:
    if binaries() is None:
        pytest.skip(HOW)
    with postgres() as found:
        yield found


def _settings(folder: Path, address: str, secret: str = OLD, before: str = "") -> Settings:
    return Settings.model_construct(
        data=folder / "data",
        runbooks=folder / "none",
        database_url=address,
        secret_key=SecretStr(secret),
        secret_key_before=SecretStr(before) if before else None,
    )


async def _fill(application: Application) -> None:
    """Two incidents with runs that speak of ada, one of them over; and her vote."""
    record = application.record
    for name in (OVER, AT_WORK):
        await incident(record.database, application.clock, name)
        await _checkpoint(application, f"{name}.1")
    asked = await record.approvals.request(proposal(OVER), "a human is asked", "Restart cart?", VALID)
    await application.service.people.decide(asked.id, Decision.APPROVE, ADA, "rest", f"{ADA.name} has looked")
    await application.service.people.take_over(OVER, ADA)


async def _checkpoint(application: Application, thread: str) -> None:
    """As a run leaves them: what has its own table, what stands in the row, and a step's result not yet taken in."""
    saver: Any = application.record.checkpoints
    values = {"said": [f"{ADA.name} said so"], "word": ADA.name}
    versions = dict.fromkeys(values, "1")
    made = {**empty_checkpoint(), "channel_values": values, "channel_versions": versions}
    place = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
    after = await saver.aput(place, made, {"source": "input"}, versions)
    await saver.aput_writes(after, [("said", [ADA.name])], "task-1")


def _naming(connection: Connection, name: str) -> list[str]:
    """Every table of the database with a row in which the name stands, as text or inside bytes."""
    names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"))
    sought = {"plain": name, "bytes": name.encode().hex()}
    rows = "SELECT count(*) FROM {} AS t WHERE position(:plain in t::text) + position(:bytes in t::text) > 0"
    return [table for table in names.all() if connection.scalar(text(rows.format(table)), sought)]


async def test_no_table_names_them_any_more_but_for_the_run_that_is_not_over(tmp_path: Path, address: str) -> None:
    settings = _settings(tmp_path, address)
    async with bootstrap(settings, Replaced(channels=())) as application:
        await _fill(application)
        record, key = application.record, application.identity.secrets.derive("deletions")
        before = await record.database.read(lambda connection: _naming(connection, ADA.name))
        erased = await erase(record, Deletions(settings.deletions, key), ADA.name)
        between = await record.database.read(lambda connection: _naming(connection, ADA.name))
        await record.database.write(
            lambda connection: connection.execute(update(incidents_table).values(status="closed"))
        )
    runs = ["checkpoint_blobs", "checkpoint_writes", "checkpoints"]
    assert set(before) >= {*runs, "votes", "approvals", "subjects"}
    assert (erased.runs, erased.waiting, between) == (1, (AT_WORK,), runs)
    async with bootstrap(settings, Replaced(channels=())) as application:
        record = application.record
        assert await record.database.read(lambda connection: _naming(connection, ADA.name)) == []
        assert held(record.database, ADA.name) == Held(rows={}, entries=0, plain=0)
        assert (await record.journal.verify())[1] == ""


async def test_with_another_root_secret_votes_runs_and_journal_are_good_without_the_old_one(
    tmp_path: Path, address: str
) -> None:
    async with bootstrap(_settings(tmp_path, address), Replaced(channels=())) as application:
        await _fill(application)
    sealed = await rotating.rotate(_settings(tmp_path, address, NEW, OLD))
    again = await rotating.rotate(_settings(tmp_path, address, NEW, OLD))
    assert (sealed.approvals, sealed.checkpoints) == (2, 4)
    assert (again.approvals, again.checkpoints) == (0, 0)
    settings = _settings(tmp_path, address, NEW)
    async with bootstrap(settings, Replaced(channels=())) as application:
        record = application.record
        place = {"configurable": {"thread_id": f"{OVER}.1", "checkpoint_ns": ""}}
        [asked] = await record.database.read(lambda connection: approval_rows.listed(connection, incident=OVER))
        run = await record.checkpoints.aget_tuple(place)  # type: ignore[arg-type]  # LangGraph's own shape
        assert run is not None
        assert run.checkpoint["channel_values"]["said"] == [f"{ADA.name} said so"]
        assert [value for _, _, value in run.pending_writes or ()] == [[ADA.name]]
        heads = anchors.read(settings.anchors)
        assert await record.database.read(lambda connection: record.chain.verify(connection, heads)[1]) == ""
        assert [vote.who for vote in asked.votes] == [ADA.name]
        row = await record.database.read(lambda connection: approval_rows.one(connection, asked.id))
        assert await record.database.read(lambda one: approval_rows.forged(one, record.chain, asked, row)) == ""
