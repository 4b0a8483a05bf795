"""How is an installation put aside, and put back? Record, checkpoints, anchors and keys, under a sealed manifest."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from sqlalchemy import Connection, inspect
from sqlalchemy.engine import make_url

from agent.bootstrap.machine import SystemClock, data_folder
from agent.bootstrap.roots import chain_of, secrets_of
from agent.domain.base import Noun
from agent.domain.errors import AgentError, ConfigurationError, Conflict, JournalBroken, NotFound, Refused
from agent.domain.event import Event, EventType
from agent.identity import local
from agent.identity.secrets import BEFORE
from agent.identity.secrets import FILE as SECRET
from agent.settings import Settings
from agent.storage import anchors, copies, schema
from agent.storage.database import Database
from agent.storage.journal import Chain
from agent.storage.switches import switch_actions

MANIFEST = "manifest.json"
Name = Literal[
    "secret.key",
    "secret.key.before",
    "local-operator.key",
    "journal.anchors",
    "deletions.list",
    "checkpoints.db",
    "agent.db",
    "record.dump",
]
_OUTLIVE: frozenset[Name] = frozenset({"journal.anchors", "deletions.list"})
"""Where they are on another volume they outlived the record, and know more than the backup does."""
_RECORDS = ("agent.db", "record.dump")
_WHO = "system"
_LOCKS = frozenset({"lock", "opening.lock"})


class Part(Noun):
    """One file of a backup."""

    name: Name
    bytes: int
    sha256: str


class Manifest(Noun):
    """What a backup holds; written last, so that a folder without one is no backup."""

    format: Literal[1] = 1
    taken_at: datetime
    entries: int
    """Of the journal, at least."""
    parts: tuple[Part, ...]
    seal: str = ""
    """Made with the journal's key: another installation's root secret, or a changed manifest, is noticed."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(part.name for part in self.parts)

    @property
    def sealed_content(self) -> object:
        return self.model_dump(mode="json", exclude={"seal"})


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AgentError(f"{error.filename or 'The disk'}: {error.strerror}.") from error


@_disk()
def back_up(settings: Settings, to: Path) -> Manifest:
    """Into an empty folder, also while the agent serves.

    Refused when the folder is not empty; NotFound without a record; JournalBroken when the copy is whole, but what it
    holds does not verify.
    """
    chain = _chain(settings, settings.data)
    _take_folder(to)
    # In this order: what a file tells of is in those copied after it, whatever is written meanwhile.
    for name, source in _small(settings).items():
        if source.exists():
            copies.make_private(to / name)
            shutil.copyfile(source, to / name)
            copies.sync(to / name)
    entries, wrong = _copy_record(settings, chain, to)
    taken = Manifest(taken_at=chain.clock.now(), entries=entries, parts=tuple(_parts(to)))
    taken = taken.model_copy(update={"seal": chain.seal(taken.sealed_content)})
    copies.make_private(to / MANIFEST)
    (to / MANIFEST).write_text(taken.model_dump_json(indent=2), encoding="utf-8")
    copies.sync(to / MANIFEST)
    copies.sync(to)
    if wrong:
        raise JournalBroken(f"Everything was copied to {to}, but its journal does not verify: {wrong}.")
    return taken


@_disk()
def restore(settings: Settings, origin: Path, *, as_it_was: bool = False) -> Manifest:
    """Into an empty data folder; every action is paused, unless `as_it_was`.

    DataFolderInUse while an agent runs on it; Conflict when there is something already; Refused when the backup is not
    what its manifest says, or not of this root secret.
    """
    manifest = _manifest(origin)
    with data_folder(settings.data):
        _check_kind(settings, manifest)
        targets = {name: path for name, path in _targets(settings).items() if name in manifest.names}
        _check_empty(settings, targets)
        _check_parts(origin, manifest)
        chain = _chain(settings, origin)
        if not chain.sealed(manifest.sealed_content, manifest.seal):
            raise Refused(f"{origin / MANIFEST} was changed, or AGENT_SECRET_KEY is not the one of this backup.")
        with _drafts(origin, targets) as drafts:
            if "record.dump" in manifest.names:
                copies.load_postgres(settings.database, origin / "record.dump")
            kept = [path for path in (drafts.get("journal.anchors"), settings.anchors) if path and path.exists()]
            address = f"sqlite:///{drafts['agent.db']}" if "agent.db" in drafts else settings.database
            _bring_back(Database(address), chain, manifest, kept, as_it_was=as_it_was)
            if "agent.db" in drafts:
                copies.close_sqlite(drafts["agent.db"])
            _put_in_place(drafts, targets)
    return manifest


def _chain(settings: Settings, folder: Path) -> Chain:
    """Signing with the root secret of that folder, or the configured one; none is made."""
    configured = settings.secret_key.get_secret_value() if settings.secret_key else ""
    if not configured and not (folder / SECRET).exists():
        raise NotFound(f"There is no {SECRET} in {folder}, and AGENT_SECRET_KEY is not set.")
    return chain_of(secrets_of(settings, folder), SystemClock())


def _take_folder(to: Path) -> None:
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = any(to.iterdir())
    except OSError as error:
        raise ConfigurationError(f"{to} cannot be written: {error.strerror}.") from error
    if taken:
        raise Refused(f"{to} is not empty; name a folder of its own for each backup.")


def _small(settings: Settings) -> dict[Name, Path]:
    """The files that are copied as they are. A configured root secret is not ours to write down."""
    files: dict[Name, Path] = {"secret.key": settings.data / SECRET, "secret.key.before": settings.data / BEFORE}
    own = {} if settings.secret_key else files
    kept: dict[Name, Path] = {"journal.anchors": settings.anchors, "deletions.list": settings.deletions}
    return own | {"local-operator.key": settings.data / local.FILE} | kept


def _targets(settings: Settings) -> dict[Name, Path]:
    """Where each file goes, the record last: until it is there, nothing is done in the world."""
    targets: dict[Name, Path] = {**_small(settings), "checkpoints.db": settings.data / "checkpoints.db"}
    return targets if settings.shared else targets | {"agent.db": _file(settings)}


def _file(settings: Settings) -> Path:
    return Path(make_url(settings.database).database or "")


def _copy_record(settings: Settings, chain: Chain, to: Path) -> tuple[int, str]:
    """(entries of the journal, what is wrong with it)."""
    if settings.shared:
        found = _verified(Database(settings.database), chain, to / "journal.anchors")
        copies.dump_postgres(settings.database, to / "record.dump")
        return found
    if not _file(settings).exists():
        raise NotFound(f"There is no record at {_file(settings)}; AGENT_DATA names the data folder.")
    sources = {_file(settings): to / "agent.db", settings.data / "checkpoints.db": to / "checkpoints.db"}
    copies.copy_sqlite({source: target for source, target in sources.items() if source.exists()})
    found = _verified(Database(f"sqlite:///{to / 'agent.db'}"), chain, to / "journal.anchors")
    copies.close_sqlite(to / "agent.db")
    return found


def _verified(database: Database, chain: Chain, kept: Path) -> tuple[int, str]:
    try:
        heads = anchors.read(kept)
        return database.read_now(lambda connection: chain.verify(connection, heads))
    finally:
        database.close()


def _parts(folder: Path) -> Iterator[Part]:
    for path in sorted(folder.iterdir()):
        yield Part.model_validate({"name": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(origin: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((origin / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFound(f"{origin} is no whole backup: {MANIFEST} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise Refused(f"{origin / MANIFEST} is not a manifest this version knows.") from error


def _check_kind(settings: Settings, manifest: Manifest) -> None:
    if ("record.dump" if settings.shared else "agent.db") not in manifest.names:
        raise ConfigurationError(
            f"This backup holds {next((name for name in _RECORDS if name in manifest.names), 'no record')}, which does "
            "not fit AGENT_DATABASE_URL: set it for PostgreSQL, leave it out for SQLite."
        )


def _check_empty(settings: Settings, targets: Mapping[Name, Path]) -> None:
    there = sorted(path.name for path in settings.data.iterdir() if path.name not in _LOCKS)
    if there:
        raise Conflict(f"The data folder {settings.data} is not empty ({there[0]}); restore into an empty one.")
    if "agent.db" in targets and targets["agent.db"].exists():
        raise Conflict(f"There is a record at {targets['agent.db']} already; move it aside first.")
    if settings.shared:
        _check_no_tables(Database(settings.database))


def _check_no_tables(database: Database) -> None:
    try:
        tables = database.read_now(lambda connection: inspect(connection).get_table_names())
    finally:
        database.close()
    if tables:
        raise Conflict("The database of AGENT_DATABASE_URL is not empty; restore into a new one.")


def _check_parts(origin: Path, manifest: Manifest) -> None:
    for part in manifest.parts:
        path = origin / part.name
        if not path.is_file() or path.stat().st_size != part.bytes or _sha256(path) != part.sha256:
            raise Refused(f"{path} is missing, or not the file that was backed up.")


@contextmanager
def _drafts(origin: Path, targets: Mapping[Name, Path]) -> Iterator[dict[Name, Path]]:
    """A copy of each file beside where it will be; none is left when it comes to nothing."""
    drafts: dict[Name, Path] = {}
    try:
        for name, target in targets.items():
            if name in _OUTLIVE and target.exists():
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            drafts[name] = target.with_name(f"{target.name}.restoring")
            copies.make_private(drafts[name])
            shutil.copyfile(origin / name, drafts[name])
            copies.sync(drafts[name])
        yield drafts
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _bring_back(database: Database, chain: Chain, manifest: Manifest, kept: list[Path], *, as_it_was: bool) -> None:
    """Check what came back, and tell the journal."""
    try:
        schema.migrate(database)
        heads = [head for path in kept for head in anchors.read(path)]
        entries, wrong = database.read_now(lambda connection: chain.verify(connection, heads))
        if wrong or entries < manifest.entries:
            places = " and ".join(str(path) for path in kept)
            raise JournalBroken(
                f"What was restored does not fit: {wrong or 'the journal is too short'}. Anchors were read from "
                f"{places or 'nowhere'}; when they know of later entries, those are lost: move the file aside to go on."
            )
        database.write_now(lambda connection: _tell(connection, chain, manifest, paused=not as_it_was))
    finally:
        database.close()


def _tell(connection: Connection, chain: Chain, manifest: Manifest, *, paused: bool) -> None:
    taken = manifest.taken_at.isoformat(timespec="seconds")
    text = f"The record was restored from the backup of {taken}; what was done since then is not known here."
    facts = {"taken_at": manifest.taken_at.isoformat(), "entries": manifest.entries}
    chain.append(connection, Event(type=EventType.RECORD_RESTORED, text=text, actor=_WHO, facts=facts))
    if paused:
        why = "what was done since the backup may be done again"
        switch_actions(connection, chain, paused=True, who=_WHO, why=why)


def _put_in_place(drafts: Mapping[Name, Path], targets: Mapping[Name, Path]) -> None:
    for name, draft in drafts.items():
        draft.rename(targets[name])
        copies.sync(targets[name].parent)
