"""Does a backup made in the middle of an incident bring the whole of it back, and nothing that does not fit?"""

import asyncio
import shutil
import stat
from pathlib import Path

import pytest

from agent.bootstrap import bootstrap
from agent.bootstrap.backup import MANIFEST, Manifest, back_up, restore
from agent.domain.approval import Decision
from agent.domain.errors import Conflict, DataFolderInUse, JournalBroken, NotFound, Refused
from agent.domain.event import EventType
from agent.domain.incident import IncidentStatus
from agent.entrypoints.cli.frame import run
from agent.settings import Settings
from tests.e2e.line import CASES, PATIENCE, Line, line
from tests.farends.postgres import HOW, binaries, postgres
from tests.system import program

FILES = ["agent.db", "checkpoints.db", "journal.anchors", "local-operator.key", "secret.key"]


def settings_of(place: Path) -> Settings:
    """Those of the line in this folder."""
    return Settings.model_validate({"data": place / "data"})


async def wait_for_approval(running: Line) -> str:
    """The approval's id, once its run waits for an answer."""
    asked = await running.until(EventType.APPROVAL_REQUESTED)
    async with asyncio.timeout(PATIENCE):
        while (await running.application.views.incidents()).incidents[0].status is not IncidentStatus.AWAITING_APPROVAL:
            await asyncio.sleep(0.02)
    return str(asked.event.facts["approval"])


@pytest.fixture
async def taken(tmp_path: Path) -> tuple[Path, str]:
    """A backup of an agent that waits for an approval, made while it serves; and the approval's id."""
    (tmp_path / "old").mkdir()
    async with line(tmp_path / "old") as running:
        await running.post_alert()
        approval = await wait_for_approval(running)
        await running.application.record.anchors.aclose()
        await asyncio.to_thread(back_up, settings_of(tmp_path / "old"), tmp_path / "backup")
        with pytest.raises(DataFolderInUse):
            restore(settings_of(tmp_path / "old"), tmp_path / "backup")
        await running.application.identity.keys.create("later", "machine", ["read"])
    return tmp_path / "backup", approval


@pytest.fixture
def new(tmp_path: Path) -> Path:
    (tmp_path / "new").mkdir()
    return tmp_path / "new"


async def test_a_pending_approval_is_decided_after_a_restore_and_its_run_goes_on(
    taken: tuple[Path, str], new: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    backup, approval = taken
    assert sorted(path.name for path in backup.iterdir()) == sorted([*FILES, MANIFEST])
    assert {stat.S_IMODE(path.stat().st_mode) for path in backup.iterdir()} == {0o600}
    restore(settings_of(new), backup)

    async with line(new) as running:
        people, keys = running.application.service.people, running.application.identity.keys
        ann = await keys.authenticate((await keys.create("ann", "person", ["approve:high", "admin"])).token)
        await people.switch_actions(paused=False, who=ann)
        await people.decide(approval, Decision.APPROVE, ann, "rest", "the backup is whole")
        await running.until(EventType.REPORTED)
        [incident] = (await running.application.views.incidents()).incidents
        told = [entry.event.type for entry in await running.application.record.journal.after(0)]
        assert [(one["service"], one["what"]) for one in running.shop.journal] == [("payment", "rollback")]
        assert incident.status is IncidentStatus.RESOLVED
        assert EventType.RECORD_RESTORED in told

    monkeypatch.setenv("AGENT_DATA", str(new / "data"))
    assert run(["audit", "verify"]) == 0
    assert capsys.readouterr().out.startswith("The journal is sound")


async def test_what_is_restored_does_nothing_before_someone_has_looked(taken: tuple[Path, str], new: Path) -> None:
    backup, approval = taken
    restore(settings_of(new), backup)
    async with line(new) as running:
        keys = running.application.identity.keys
        ann = await keys.authenticate((await keys.create("ann", "person", ["approve:high"])).token)
        with pytest.raises(Conflict, match="Actions are paused"):
            await running.application.service.people.decide(approval, Decision.APPROVE, ann, "rest", "because")
        assert running.shop.journal == []


async def test_a_folder_with_something_in_it_is_left_alone(taken: tuple[Path, str], new: Path) -> None:
    restore(settings_of(new), taken[0], as_it_was=True)
    before = {path.name: path.read_bytes() for path in (new / "data").iterdir()}
    with pytest.raises(Conflict, match="is not empty"):
        restore(settings_of(new), taken[0])
    assert {path.name: path.read_bytes() for path in (new / "data").iterdir()} == before
    with pytest.raises(Refused, match="is not empty"):
        back_up(settings_of(new), taken[0])


async def test_what_does_not_fit_its_manifest_is_refused_and_leaves_nothing(
    taken: tuple[Path, str], new: Path, tmp_path: Path
) -> None:
    def altered(name: str) -> Path:
        return shutil.copytree(taken[0], tmp_path / name)

    flipped = altered("flipped")
    content = bytearray((flipped / "agent.db").read_bytes())
    content[-1] ^= 1
    (flipped / "agent.db").write_bytes(content)
    without = altered("without")
    (without / "secret.key").unlink()
    shorter = altered("shorter")
    manifest = Manifest.model_validate_json((shorter / MANIFEST).read_text())
    kept = tuple(part for part in manifest.parts if part.name != "journal.anchors")
    (shorter / MANIFEST).write_text(manifest.model_copy(update={"parts": kept}).model_dump_json())
    unfinished = altered("unfinished")
    (unfinished / MANIFEST).unlink()

    for backup, error, said in (
        (flipped, Refused, "not the file that was backed up"),
        (without, Refused, "is missing"),
        (shorter, Refused, "was changed"),
        (unfinished, NotFound, "is no whole backup"),
    ):
        with pytest.raises(error, match=said):
            restore(settings_of(new), backup)
    assert [path.name for path in new.rglob("*") if path.is_file()] in ([], ["lock"])


async def test_anchors_that_outlived_the_record_tell_what_is_lost(
    taken: tuple[Path, str], new: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "journal.anchors"
    shutil.copy(tmp_path / "old" / "data" / "journal.anchors", elsewhere)
    settings = settings_of(new).model_copy(update={"journal_anchors": elsewhere})
    with pytest.raises(JournalBroken, match="it is anchored"):
        restore(settings, taken[0])
    elsewhere.unlink()
    restore(settings, taken[0])
    assert elsewhere.exists()


async def test_a_configured_root_secret_is_not_written_down_and_must_be_the_same(
    taken: tuple[Path, str], new: Path, tmp_path: Path
) -> None:
    backup, _ = taken
    root = (backup / "secret.key").read_text().strip()
    old = Settings.model_validate({"data": tmp_path / "old" / "data", "secret_key": root})
    made = back_up(old, tmp_path / "without")
    assert made.names == frozenset(FILES) - {"secret.key"}
    for key, error in (("another root secret of this length", Refused), (None, NotFound)):
        with pytest.raises(error):
            restore(Settings.model_validate({"data": new / "data", "secret_key": key}), tmp_path / "without")
    restore(Settings.model_validate({"data": new / "data", "secret_key": root}), tmp_path / "without")
    assert not (new / "data" / "secret.key").exists()


@pytest.mark.system
async def test_a_record_on_postgres_comes_back_into_an_empty_database_alone(tmp_path: Path) -> None:
    if binaries() is None:
        pytest.skip(HOW)
    for name in ("pg_dump", "pg_restore"):
        program(name, "apt-get install postgresql-client")
    with postgres() as first, postgres() as second:
        old = Settings.model_validate({"data": tmp_path / "old", "database_url": first, "runbooks": tmp_path / "none"})
        async with bootstrap(old) as application:
            await application.service.intake.receive(
                "alertmanager", "test", (CASES / "pool-cart/alert.json").read_bytes()
            )
            await application.service.placement.place_waiting()
            before = await application.record.journal.after(0)
            made = await asyncio.to_thread(back_up, old, tmp_path / "backup")
        assert made.names == frozenset({"local-operator.key", "record.dump", "secret.key"})

        settings = Settings.model_validate(
            {"data": tmp_path / "new", "database_url": second, "runbooks": tmp_path / "none"}
        )
        restore(settings, tmp_path / "backup")
        async with bootstrap(settings) as application:
            journal = application.record.journal
            assert (await journal.after(0))[: len(before)] == before
            assert await journal.verify() == (len(before) + 2, "")
        again = settings.model_copy(update={"data": tmp_path / "third"})
        with pytest.raises(Conflict, match="is not empty"):
            restore(again, tmp_path / "backup")
