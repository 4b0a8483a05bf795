"""Where does a run keep its record?  In a file, or in PostgreSQL with Redis in front: nothing else differs."""

import itertools
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from redis.exceptions import RedisError

from tests.farends.postgres import HOW as HOW_POSTGRES
from tests.farends.postgres import PostgresServer, binaries, postgres_server
from tests.farends.redis import HOW as HOW_REDIS
from tests.farends.redis import RedisServer, redis_server
from tests.system import found

TEMPLATE = "opened"
_TO_REDIS: Mapping[str, Sequence[Sequence[str]]] = {
    "redis wiped": [["FLUSHALL"]],
    "redis full": [["CONFIG", "SET", "maxmemory", "1"]],
    # Of a master that is not there: what there is can be read.
    "redis read-only": [["REPLICAOF", "127.0.0.1", "1"]],
    "redis wants a password": [["CONFIG", "SET", "requirepass", "changed"], ["CLIENT", "KILL", "TYPE", "NORMAL"]],
    "redis paused": [["CLIENT", "PAUSE", "3000", "ALL"]],
}
_TO_A_DATABASE: Mapping[str, Sequence[str]] = {
    "postgres copied": ["CREATE DATABASE {name}_behind TEMPLATE {name}"],
    "postgres falls back": ["DROP DATABASE {name}", "ALTER DATABASE {name}_behind RENAME TO {name}"],
}
IN_MEMORY = Path("/dev/shm")


class Deployment(Protocol):
    @property
    def name(self) -> str: ...

    def first(self) -> tuple[str, str]:
        """Addresses of the record that the others are copies of, and of Redis; empty where there is none."""
        ...

    def record(self) -> Any:
        """A context with the addresses of a copy that is a run's own."""
        ...


@dataclass(frozen=True)
class _Embedded:
    name: str = "embedded"

    def first(self) -> tuple[str, str]:
        return "", ""

    @contextmanager
    def record(self) -> Iterator[tuple[str, str]]:
        yield "", ""


EMBEDDED = _Embedded()


@dataclass(frozen=True)
class Shared:
    """One PostgreSQL and one Redis, for one run after the other."""

    postgres: PostgresServer
    redis: RedisServer
    name: str = "shared"

    def first(self) -> tuple[str, str]:
        self._say(f"CREATE DATABASE {TEMPLATE}")
        return self._address(TEMPLATE), self.redis.url

    @contextmanager
    def record(self) -> Iterator[tuple[str, str]]:
        database = f"run_{next(self._numbers)}"
        self._say(f"CREATE DATABASE {database} TEMPLATE {TEMPLATE}")
        self._well_again()
        try:
            yield self._address(database), self.redis.url
        finally:
            self._say(f"DROP DATABASE {database} WITH (FORCE)")

    def strike(self, what: str) -> None:
        """What happens to the servers while a life waits for it."""
        match what:
            case "redis dies" | "redis loading":
                self._redis_anew(loads=what == "redis loading")
            case "entries deleted":
                self._delete_entries()
            case "postgres crashes":
                self.postgres.stop()
                self.postgres.start()
            case "postgres restarts":
                self.postgres.stop("fast")
                self.postgres.start()
            case "postgres read-only" | "postgres writable":
                setting = "on" if what == "postgres read-only" else "off"
                self._say(f"ALTER SYSTEM SET default_transaction_read_only = {setting}")
                self._say("SELECT pg_reload_conf()")
            case "postgres copied" | "postgres falls back":
                self._while_nobody_is_there(*_TO_A_DATABASE[what])
            case "sessions cut":
                self._say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'run_%'")
            case _:
                with self.redis.client() as redis:
                    for command in _TO_REDIS[what]:
                        redis.execute_command(*command)

    def _while_nobody_is_there(self, *statements: str) -> None:
        """To the database of the run that goes on; whoever comes meanwhile is turned away, as during a failover."""
        import psycopg

        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            running = r"SELECT datname FROM pg_database WHERE datname ~ '^run_\d+$'"
            name = connection.execute(running).fetchall()[0][0]
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            for statement in statements:
                connection.execute(statement.format(name=name))
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def _redis_anew(self, *, loads: bool) -> None:
        if loads:
            self.redis.load()
        else:
            self.redis.kill()
            self.redis.start()

    def _well_again(self) -> None:
        """An empty Redis, whatever was done to it."""
        try:
            with self.redis.client() as redis:
                redis.execute_command("REPLICAOF", "NO", "ONE")
                redis.config_set("maxmemory", 0)
                redis.flushall()
        except RedisError:
            # It wants a password, or still loads what it held.
            self.redis.kill()
            self.redis.start()

    def _delete_entries(self) -> None:
        with self.redis.client() as redis:
            for stream in redis.scan_iter(match="*jobs*", _type="stream"):
                for id_, _ in redis.xrange(stream):
                    redis.xdel(stream, id_)

    def _address(self, database: str) -> str:
        return self.postgres.address.replace("+psycopg", "").rsplit("/", 1)[0] + f"/{database}"

    def _say(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    @cached_property
    def _numbers(self) -> Iterator[int]:
        return itertools.count()


def probe() -> str:
    """Why there is none here; empty when there is."""
    if binaries() is None:
        return HOW_POSTGRES
    return "" if found("redis-server") else f"redis-server is not installed; get it with: {HOW_REDIS}"


@contextmanager
def shared() -> Iterator[Shared]:
    """Servers of their own, in memory where that can be: what they are asked to sync costs nothing there."""
    before = tempfile.tempdir
    tempfile.tempdir = str(IN_MEMORY) if os.access(IN_MEMORY, os.W_OK) else None
    with ExitStack() as opened:
        try:
            redis = opened.enter_context(redis_server(found("redis-server") or "redis-server"))
            postgres = opened.enter_context(postgres_server())
        finally:
            tempfile.tempdir = before
        yield Shared(postgres, redis)
