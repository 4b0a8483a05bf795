"""How is a database copied while it is written to, and a copy put back? By what each engine brings for it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import quote

from agent.domain.errors import AgentError, ConfigurationError


def copy_sqlite(copies: Mapping[Path, Path]) -> None:
    """Each source into its target, all as they were at one and the same moment, as a crash would have left them.

    Writers wait for an instant, and go on while the files are copied.
    """
    try:
        with ExitStack() as opened:
            for snapshot, target in zip(_snapshots(list(copies), opened), copies.values(), strict=True):
                make_private(target)
                with closing(sqlite3.connect(target)) as copy:
                    snapshot.backup(copy)
                close_sqlite(target)
    except sqlite3.Error as error:
        raise AgentError(f"{', '.join(map(str, copies))} cannot be copied: {error}.") from error


def _snapshots(sources: list[Path], opened: ExitStack) -> list[sqlite3.Connection]:
    """Connections that go on seeing what was there when nobody could write to any of them."""
    barred, snapshots = (
        [opened.enter_context(closing(_connect(source))) for source in sources] for _ in ("to bar", "to read")
    )
    for connection in barred:
        connection.execute("BEGIN IMMEDIATE")
    for connection in snapshots:
        connection.execute("BEGIN")
        # The first read is what takes the snapshot; the backup API goes on in a transaction that is open.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    for connection in barred:
        connection.execute("ROLLBACK")
    return snapshots


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None, timeout=10)


def close_sqlite(path: Path) -> None:
    """Everything in the one file, and that on the disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    sync(path)


def dump_postgres(url: str, target: Path) -> None:
    """The whole database as it was at one moment, by pg_dump in its own format."""
    make_private(target)
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    sync(target)


def load_postgres(url: str, source: Path) -> None:
    """Into an empty database, whole or not at all."""
    _run("pg_restore", url, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(source))


def make_private(path: Path) -> None:
    """An empty file that nobody else may read; it must not be there yet."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def sync(path: Path) -> None:
    """On the disk when this returns: a file's content, or a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _run(name: str, url: str, *arguments: str) -> None:
    program = shutil.which(name)
    if program is None:
        raise ConfigurationError(f"{name} is not installed; get it with: apt-get install postgresql-client")
    from psycopg import conninfo, pq

    asked = conninfo.conninfo_to_dict(url.replace("postgresql+psycopg", "postgresql"))
    known = [one for one in pq.Conninfo.get_defaults() if one.envvar]
    given = {one.keyword.decode(): one.val.decode() for one in known if one.val} | asked
    # Through the environment: whoever lists processes sees the arguments, and the password would be among them.
    place = {
        one.envvar.decode(): str(given[key]) for one in known if one.envvar and (key := one.keyword.decode()) in given
    }
    database = [f"--dbname={given.get('dbname', '')}"] if name == "pg_restore" else []
    done = subprocess.run(  # noqa: S603 (no shell, and each argument is ours)
        [program, *database, *arguments], env={"PATH": os.defpath, **place}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AgentError(f"{name} failed: {done.stderr.strip() or f'exit code {done.returncode}'}")
