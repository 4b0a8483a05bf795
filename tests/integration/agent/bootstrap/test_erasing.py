"""Is somebody who asks for it taken out of everything, also when it is cut off, and out of an older backup?"""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.bootstrap import Application, Replaced, bootstrap
from agent.bootstrap.backup import back_up, restore
from agent.bootstrap.erasing import Held, erase, held
from agent.domain.errors import Conflict, Refused
from agent.domain.event import EventType
from agent.identity.roles import Caller
from agent.settings import Settings
from agent.storage.deletions import Deletions
from agent.storage.personal import GONE

ADA = Caller(name="ada@shop.example", kind="person", scopes=frozenset({"admin"}))
BODY = {
    "version": "4",
    "receiver": "agent",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "LoginFailed", "service": "front"},
            "annotations": {"summary": "ada@shop.example cannot log in; ada@shop.example.org can"},
            "startsAt": "2026-11-22T10:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
        }
    ],
}


def _settings(folder: Path) -> Settings:
    return Settings.model_construct(data=folder, runbooks=folder / "none", deletion_list=folder.parent / "deleted")


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[Application]:
    async with bootstrap(settings, Replaced(channels=())) as application:
        yield application


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Of an installation that has an incident, on which ada has said something."""
    made = _settings(tmp_path / "data")
    async with _running(made) as application:
        service = application.service
        await service.intake.receive("alertmanager", "test", json.dumps(BODY).encode())
        await service.intake.receive("alertmanager", "test", b"not JSON, says ada@shop.example")
        await service.placement.place_waiting()
        [incident] = (await application.views.incidents()).incidents
        await service.people.acknowledge(incident.id, ADA)
        await service.people.give_feedback(incident.id, "wrong", "the pool", "ask ada@shop.example", ADA)
        await service.people.take_over(incident.id, ADA)
    return made


async def _erase(settings: Settings, application: Application, name: str = ADA.name) -> object:
    key = application.identity.secrets.derive("deletions")
    return await erase(application.record, Deletions(settings.deletions, key), name)


def _files_naming(folder: Path, name: str) -> list[str]:
    """But for a name that only begins alike."""
    other = name.encode() + b".org"
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.name for path in files if name.encode() in path.read_bytes().replace(other, b""))


async def test_nothing_in_the_data_folder_names_them_any_more_and_the_journal_verifies(settings: Settings) -> None:
    async with _running(settings) as application:
        before = held(application.record.database, ADA.name)
        await _erase(settings, application)
        told = [entry.event for entry in await application.views.audit()]
        after = held(application.record.database, ADA.name)
        assert (await application.record.journal.verify())[1] == ""
    assert (before.rows, before.entries, before.plain) == (
        {"acknowledgements": 1, "alerts": 1, "feedback": 1, "holds": 1, "incidents": 1, "quarantine": 1},
        3,
        0,
    )
    assert after == Held(rows={}, entries=0, plain=0)
    assert _files_naming(settings.data, ADA.name) == []
    assert [event.text for event in told if event.type is EventType.FEEDBACK] == [GONE]
    assert [event.facts["state"] for event in told if event.type is EventType.PERSON_DELETED] == ["begun", "done"]


async def test_another_person_whose_address_begins_alike_stays(settings: Settings) -> None:
    async with _running(settings) as application:
        await _erase(settings, application)
        assert held(application.record.database, "ada@shop.example.org").rows == {"alerts": 1}


async def test_cut_off_it_is_finished_at_the_next_start(settings: Settings) -> None:
    async with _running(settings) as application:
        key = application.identity.secrets.derive("deletions")
    Deletions(settings.deletions, key).add(ADA.name)
    async with _running(settings) as application:
        assert held(application.record.database, ADA.name) == Held(rows={}, entries=0, plain=0)
        entries = await application.views.journal_head()
    async with _running(settings) as application:
        assert await application.views.journal_head() == entries, "once is enough"


async def test_an_older_backup_comes_back_without_them(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backup")
    async with _running(settings) as application:
        await _erase(settings, application)
    shutil.rmtree(settings.data)
    restore(settings, tmp_path / "backup")
    assert _files_naming(settings.data, ADA.name) != []
    async with _running(settings) as application:
        assert held(application.record.database, ADA.name) == Held(rows={}, entries=0, plain=0)
        assert (await application.record.journal.verify())[1] == ""
    assert _files_naming(settings.data, ADA.name) == []


async def test_whoever_can_still_come_in_is_not_deleted(settings: Settings) -> None:
    async with _running(settings) as application:
        minted = await application.identity.keys.create(ADA.name, "person", ["read"])
        with pytest.raises(Conflict, match="has a valid key"):
            await _erase(settings, application)
        await application.identity.keys.revoke(minted.key.id)
        await _erase(settings, application)
        names = [key.name for key in await application.identity.keys.list()]
    assert ADA.name not in names


@pytest.mark.parametrize("name", ["", "ab", "agent", "system"])
async def test_a_name_that_cannot_be_looked_for_is_refused(settings: Settings, name: str) -> None:
    async with _running(settings) as application:
        with pytest.raises(Refused):
            await _erase(settings, application, name)
    assert not settings.deletions.exists()


async def test_the_list_names_nobody(settings: Settings) -> None:
    async with _running(settings) as application:
        await _erase(settings, application)
    # The whole name has an @, and its parts are long: base64 cannot make them by chance.
    assert [word for word in (ADA.name, "shop.example") if word in settings.deletions.read_text()] == []
    assert settings.deletions.stat().st_mode & 0o077 == 0
