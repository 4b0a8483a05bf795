"""Does an installation get another root secret with everything still good, wherever it is cut off?"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from pydantic import SecretStr

from agent.bootstrap import Application, Replaced, bootstrap, rotating
from agent.bootstrap.backup import back_up, restore
from agent.bootstrap.machine import data_folder
from agent.domain.errors import DataFolderInUse, JournalBroken, Refused, Unauthenticated
from agent.identity import secrets as roots
from agent.identity.roles import Caller
from agent.settings import Settings
from agent.storage import anchors

ADA = Caller(name="ada", kind="person", scopes=frozenset({"admin"}))
OLD, NEW = "0123456789abcdef" * 2 + "old", "fedcba9876543210" * 2 + "new"
THREAD = {"configurable": {"thread_id": "inc-1.1", "checkpoint_ns": ""}}


def _settings(folder: Path, secret: str = "", before: str = "") -> Settings:
    return Settings.model_construct(
        data=folder,
        runbooks=folder / "none",
        secret_key=SecretStr(secret) if secret else None,
        secret_key_before=SecretStr(before) if before else None,
    )


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[Application]:
    async with bootstrap(settings, Replaced(channels=())) as application:
        yield application


async def _fill(settings: Settings) -> str:
    """A journal with an anchor, a checkpoint, and a key, which is returned."""
    async with _running(settings) as application:
        await application.service.people.switch_actions(paused=True, who=ADA)
        await application.record.checkpoints.aput(THREAD, empty_checkpoint(), {"source": "input"}, {})  # type: ignore[arg-type]  # LangGraph's own shapes
        return (await application.identity.keys.create("ada", "person", ["read"])).token


async def _all_good(settings: Settings, token: str) -> None:
    async with _running(settings) as application:
        heads = anchors.read(settings.anchors)
        verified = application.record.database.read_now(lambda one: application.record.chain.verify(one, heads))
        assert (verified[1], application.record.anchors.wrong) == ("", "")
        assert await application.record.checkpoints.aget(THREAD) is not None  # type: ignore[arg-type]  # LangGraph's own shape
        assert (await application.identity.keys.authenticate(token)).name == "ada"


async def test_with_the_file_the_old_secret_is_needed_for_nothing_once_the_keys_were_used(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data")
    token = await _fill(settings)
    old = (settings.data / roots.FILE).read_text()
    sealed = await rotating.rotate(settings)
    assert (sealed.checkpoints, sealed.keys) == (1, ("ada", "local-operator"))
    await _all_good(settings, token)
    assert (await rotating.rotate(settings)).keys == (), "each was used, and hashed anew"
    rotating.finish(settings)
    assert (settings.data / roots.FILE).read_text() != old
    assert not (settings.data / roots.BEFORE).exists()
    await _all_good(settings, token)


async def test_a_key_that_was_not_used_is_refused_without_the_old_secret(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data")
    token = await _fill(settings)
    await rotating.rotate(settings)
    rotating.finish(settings)
    async with _running(settings) as application:
        with pytest.raises(Unauthenticated):
            await application.identity.keys.authenticate(token)


async def test_configured_the_old_one_is_read_before_anything_is_sealed_anew(tmp_path: Path) -> None:
    token = await _fill(_settings(tmp_path / "data", OLD))
    both = _settings(tmp_path / "data", NEW, OLD)
    await _all_good(both, token)
    await rotating.rotate(both)
    await _all_good(_settings(tmp_path / "data", NEW), token)
    with pytest.raises(AssertionError, match="was not signed by us"):
        await _all_good(_settings(tmp_path / "data", OLD), token)


@pytest.mark.parametrize("cut", ["replaced", "checkpoints"])
async def test_cut_off_it_goes_on_when_it_is_called_again(
    tmp_path: Path, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(tmp_path / "data")
    token = await _fill(settings)
    if cut == "replaced":
        roots.replace_file(settings.data)
    else:
        with monkeypatch.context() as patched:
            patched.setattr(anchors, "sign_anew", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                await rotating.rotate(settings)
    await _all_good(settings, token)
    await rotating.rotate(settings)
    rotating.finish(settings)
    await _all_good(settings, token)


async def test_a_backup_from_before_comes_back_with_both_secrets(tmp_path: Path) -> None:
    token = await _fill(_settings(tmp_path / "data", OLD))
    back_up(_settings(tmp_path / "data", OLD), tmp_path / "backup")
    with pytest.raises(Refused, match="AGENT_SECRET_KEY is not the one"):
        restore(_settings(tmp_path / "new", NEW), tmp_path / "backup")
    restore(_settings(tmp_path / "new", NEW, OLD), tmp_path / "backup")
    await _all_good(_settings(tmp_path / "new", NEW, OLD), token)


async def test_a_backup_while_the_old_secret_still_counts_holds_both(tmp_path: Path) -> None:
    token = await _fill(_settings(tmp_path / "data"))
    await rotating.rotate(_settings(tmp_path / "data"))
    made = back_up(_settings(tmp_path / "data"), tmp_path / "backup")
    assert {roots.FILE, roots.BEFORE} <= made.names
    assert (tmp_path / "backup" / roots.BEFORE).stat().st_mode & 0o777 == 0o600
    restore(_settings(tmp_path / "new"), tmp_path / "backup")
    await _all_good(_settings(tmp_path / "new"), token)


async def test_without_knowing_the_old_one_or_while_it_runs_nothing_is_done(tmp_path: Path) -> None:
    await _fill(_settings(tmp_path / "data", OLD))
    with pytest.raises(Refused, match="AGENT_SECRET_KEY_BEFORE"):
        await rotating.rotate(_settings(tmp_path / "data", NEW))
    with data_folder(tmp_path / "data"), pytest.raises(DataFolderInUse):
        await rotating.rotate(_settings(tmp_path / "data", NEW, OLD))


async def test_a_journal_that_does_not_verify_is_not_signed_anew(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data", OLD)
    await _fill(settings)
    anchored = settings.anchors.read_text().splitlines()
    forged = {**json.loads(anchored[-1]), "signature": "0" * 64}
    settings.anchors.write_text(json.dumps(forged) + "\n")
    with pytest.raises(JournalBroken, match="nothing is sealed anew"):
        await rotating.rotate(_settings(tmp_path / "data", NEW, OLD))
