"""The same record on both engines: every test here runs against SQLite and against a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain
from agent.storage.schema import migrate
from tests.clocks import Clock
from tests.farends.postgres import HOW, binaries, postgres
from tests.incidents import an_incident


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if binaries() is None:
        pytest.skip(HOW)
    with postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.system)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'agent.db'}"
    server: str = request.getfixturevalue("server")
    name = f"t{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    opened = Database(address)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def chain(clock: Clock) -> Chain:
    return Chain(b"k" * 32, clock)


@pytest.fixture
async def jobs(database: Database, chain: Chain, clock: Clock) -> SqlJobs:
    """Those of two incidents."""
    for name in ("inc-1", "inc-2"):
        incident = an_incident(clock.now(), id=name, title="t")
        await database.write(lambda connection, one=incident: incidents.insert(connection, one))  # type: ignore[misc]  # a default
    return SqlJobs(database, chain, clock)
