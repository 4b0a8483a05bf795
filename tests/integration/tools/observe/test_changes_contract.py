"""What `Changes` promises, held against every source that keeps it: the same changes, told to each."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.storage import changes
from agent.storage.alerts import Arrival, Receipt
from agent.storage.changes import SqlChanges
from agent.storage.database import Database
from agent.storage.schema import migrate
from tests.integration.tools.observe.conftest import NOW
from tools.base import Change, Changes
from tools.clients.kubernetes import Cluster
from tools.clients.recorded import RecordedChanges
from tools.observe.rollouts import RolloutChanges

MOMENT = timedelta(microseconds=1)


@pytest.fixture
async def told(cluster: Cluster) -> list[Change]:
    """As the cluster tells them: the others can be told whatever there is."""
    return await RolloutChanges(cluster).between(NOW - timedelta(days=1), NOW)


@pytest.fixture(params=["cluster", "record", "recording"])
def source(request: pytest.FixtureRequest, told: list[Change], tmp_path: Path) -> Iterator[Changes]:
    match request.param:
        case "cluster":
            yield RolloutChanges(request.getfixturevalue("cluster"))
        case "record":
            database = Database(f"sqlite:///{tmp_path / 'agent.db'}")
            migrate(database)
            receipt = Receipt(id="rc-1", integration="ci", sender="s", received_at=NOW, accepted=3, quarantined=0)
            database.write_now(lambda connection: changes.store(connection, Arrival(receipt, [], []), told[::-1]))
            yield SqlChanges(database)
            database.close()
        case _:
            rows = [{**vars(change), "at": change.at.isoformat()} for change in reversed(told)]
            (tmp_path / "changes.json").write_text(json.dumps(rows))
            yield RecordedChanges(tmp_path / "changes.json")


async def test_a_question_holds_both_its_ends_and_the_earliest_comes_first(source: Changes, told: list[Change]) -> None:
    first, middle, last = told
    assert first.at < middle.at < last.at
    assert await source.between(first.at, last.at) == [first, middle, last]
    assert await source.between(middle.at, middle.at) == [middle]
    assert await source.between(first.at + MOMENT, last.at - MOMENT) == [middle]
    assert await source.between(last.at + MOMENT, NOW) == []
