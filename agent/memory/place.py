"""Where does the index of past incidents lie?  In a folder of one process, or on a Chroma server of many."""

import fcntl
import os
import re
import shutil
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from agent.domain.errors import ConfigurationError, MemoryUnavailable
from agent.memory.index import Index, IndexBroken, failures

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

_COLLECTION = "lessons"
_FOLDER = re.compile(r"index-(\d{6})")
_LOCK = "owner.lock"
_IN_SQLITE_ALONE: "CreateHNSWConfiguration" = {"space": "cosine", "sync_threshold": 1_000_000}
"""A vector file torn by a power cut ends the whole process with a segmentation fault when Chroma reads it. Below the
threshold it writes none it would read, and makes the graph anew from its SQLite file: 0.4 ms a lesson at opening."""


class Place(Protocol):
    """Where the index lies."""

    def open(self, embedder: str, dimension: int, *, fresh: bool) -> Index:
        """The index made by this embedder; `fresh`: an empty one in place of one that is broken or another's.

        IndexBroken when a fresh one may help, MemoryUnavailable when it would not.
        """
        ...

    def tidy(self) -> None:
        """Remove what the open index replaced."""
        ...

    def release(self) -> None:
        """Let another process have it. The index was closed before."""
        ...


class Folder:
    """Chroma embedded. One process at a time: its folder shows a second one stale answers without a word.

    Each fresh index gets a new sub-folder, since Chroma never forgets within a process that a folder failed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None

    def open(self, embedder: str, dimension: int, *, fresh: bool) -> Index:
        self._own()
        number = max(self._numbers(), default=1) + fresh
        folder = self._path / f"index-{number:06d}"
        _check(folder / "chroma.sqlite3")
        return _opened(_embedded(folder), embedder, dimension, _IN_SQLITE_ALONE)

    def tidy(self) -> None:
        for number in sorted(self._numbers())[:-1]:
            shutil.rmtree(self._path / f"index-{number:06d}", ignore_errors=True)

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _own(self) -> None:
        if self._lock is not None and (self._path / _LOCK).exists():
            return
        self.release()
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MemoryUnavailable(f"The memory folder {self._path} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise MemoryUnavailable(f"Another process has the memory folder {self._path} open.") from error
        self._lock = lock

    def _numbers(self) -> list[int]:
        return [int(match[1]) for entry in self._path.iterdir() if (match := _FOLDER.fullmatch(entry.name))]


class Server:
    """A Chroma server that several workers share. It has no log-in of its own: keep it on a private network."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"AGENT_CHROMA_URL={url} is not an address such as http://chroma:8000.")
        self._host, self._ssl = parts.hostname, parts.scheme == "https"
        self._port = parts.port or (443 if self._ssl else 8000)

    def open(self, embedder: str, dimension: int, *, fresh: bool) -> Index:
        from chromadb import HttpClient

        with failures():
            client = cast("Client", HttpClient(host=self._host, port=self._port, ssl=self._ssl, settings=_settings()))
        return _opened(client, embedder, dimension, {"space": "cosine"}, replace=fresh)

    def tidy(self) -> None:
        """A server has one collection, and it was replaced in place."""

    def release(self) -> None:
        """A server is never ours alone."""


def _check(database: Path) -> None:
    """IndexBroken when it is damaged or locked. Chroma would wait for the lock for ever, and all threads with it."""
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise IndexBroken(f"The index of past incidents cannot be opened: {error}.") from error
    if found != "ok":
        raise IndexBroken(f"The index of past incidents is damaged: {found}.")


def _embedded(folder: Path) -> "Client":
    from chromadb import PersistentClient

    with failures():
        return cast("Client", PersistentClient(path=folder, settings=_settings()))


def _settings() -> Any:
    from chromadb.config import Settings

    # Chroma never closes the connections it keeps for later, so it gets to keep none.
    return Settings(_env_file=None, anonymized_telemetry=False, chroma_http_max_keepalive_connections=0)


def _opened(
    client: "Client", embedder: str, dimension: int, hnsw: "CreateHNSWConfiguration", *, replace: bool = False
) -> Index:
    with ExitStack() as unless_it_fits:
        unless_it_fits.callback(client.close)
        with failures():
            if replace:
                _drop_of_another(client, embedder, dimension)
            collection = _collection(client, embedder, dimension, hnsw)
        _check_maker(collection.metadata, embedder, dimension)
        unless_it_fits.pop_all()
    return Index(client, collection)


def _check_maker(metadata: Any, embedder: str, dimension: int) -> None:
    if not _made_by(metadata, embedder, dimension):
        raise IndexBroken("The index of past incidents was made by another embedder.")


def _collection(client: "Client", embedder: str, dimension: int, hnsw: "CreateHNSWConfiguration") -> "Collection":
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(_COLLECTION, embedding_function=None)
    except NotFoundError:
        return client.get_or_create_collection(
            _COLLECTION,
            metadata={"embedder": embedder, "dimension": dimension},
            configuration={"hnsw": hnsw},
            # Without this Chroma would fetch a model from the internet on the first text.
            embedding_function=None,
        )


def _drop_of_another(client: "Client", embedder: str, dimension: int) -> None:
    """Never one of ours: a network that failed once is no reason to make other workers embed everything again."""
    from chromadb.errors import NotFoundError

    try:
        there = client.get_collection(_COLLECTION, embedding_function=None)
    except NotFoundError:
        return
    if not _made_by(there.metadata, embedder, dimension):
        client.delete_collection(_COLLECTION)


def _made_by(metadata: Any, embedder: str, dimension: int) -> bool:
    return (metadata or {}) == {"embedder": embedder, "dimension": dimension}
