"""Keys kept in a dictionary, and a clock that stands still, for the tests of identity."""

from collections.abc import Sequence
from datetime import datetime

from agent.domain.errors import Conflict
from agent.domain.key import StoredKey
from agent.identity.keys import Keys
from tests.clocks import NOON, Clock

NOW = NOON
SECRET = b"derived for the purpose of keys."


class InMemoryKeys:
    """`KeyStore` in a dictionary; `touched` counts the writes that authentication caused."""

    def __init__(self) -> None:
        self.rows: dict[str, StoredKey] = {}
        self.touched = 0

    async def get(self, id: str) -> StoredKey | None:  # noqa: A002 (the protocol's name)
        return self.rows.get(id)

    async def add(self, key: StoredKey) -> None:
        if key.id in self.rows:
            raise Conflict
        self.rows[key.id] = key

    async def revoke(self, id: str, at: datetime) -> None:  # noqa: A002 (the protocol's name)
        before = self.rows[id].revoked_at
        self._change(id, revoked_at=at if before is None else min(at, before))

    async def forget(self, id: str, at: datetime) -> None:  # noqa: A002 (the protocol's name)
        await self.revoke(id, at)
        self._change(id, digest="")

    async def list(self) -> Sequence[StoredKey]:
        return sorted(self.rows.values(), key=lambda key: key.created_at)

    async def touch(self, id: str, at: datetime) -> None:  # noqa: A002 (the protocol's name)
        self.touched += 1
        self._change(id, last_used_at=at)

    async def rehash(self, id: str, digest: str) -> None:  # noqa: A002 (the protocol's name)
        self._change(id, digest=digest)

    def _change(self, id: str, **fields: object) -> None:  # noqa: A002 (the protocol's name)
        self.rows[id] = self.rows[id].model_copy(update=fields)


def keys_of(store: InMemoryKeys | None = None, clock: Clock | None = None) -> Keys:
    return Keys(store or InMemoryKeys(), SECRET, clock or Clock())
