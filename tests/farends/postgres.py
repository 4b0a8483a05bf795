"""A real PostgreSQL on a Unix socket and a loopback port, in a folder of its own, gone when the tests are."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.farends.ports import free_port
from tests.memory import in_memory

HOW = "PostgreSQL is not installed; get it with: apt-get install postgresql"


def binaries() -> Path | None:
    """Where initdb and pg_ctl are, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class PostgresServer:
    """It keeps its port and its data when it is stopped and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._folder = folder
        self._control = [programs / "pg_ctl", "-D", folder / "data", "-w"]
        self._port = free_port()
        _as_its_user(folder, [programs / "initdb", "-D", folder / "data", "-U", "agent", "-A", "trust", "--no-sync"])

    @property
    def address(self) -> str:
        return f"postgresql+psycopg://agent@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        _as_its_user(self._folder, [*self._control, "-o", options, "-l", self._folder / "log", "start"])

    def stop(self, mode: str = "immediate") -> None:
        """`immediate` is a crash: its next start recovers from the log. `fast` ends every session first."""
        _as_its_user(self._folder, [*self._control, "-m", mode, "stop"])


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Running; gone at the end, also when it was stopped meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=in_memory()))
    programs = binaries()
    assert programs is not None, HOW
    try:
        server = PostgresServer(programs, folder)
        server.start()
        try:
            yield server
        finally:
            with suppress(subprocess.CalledProcessError):
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty server; each test makes its own database in it."""
    with postgres_server() as server:
        yield server.address


def _as_its_user(folder: Path, command: Sequence[object]) -> None:
    """PostgreSQL refuses to run as root: then it runs as the user its package made."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        words = ["runuser", "-u", "postgres", "--", *words]
    subprocess.run(words, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
