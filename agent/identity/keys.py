"""Whose key is this?  Only a keyed hash of each is kept, so that neither the table nor a log lets anybody in."""

import hmac
import re
import secrets as chance
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol, get_args

from agent.domain.errors import Conflict, NotFound, Refused, Unauthenticated
from agent.domain.key import Kind, Scope, StoredKey
from agent.identity.credentials import KEY
from agent.identity.roles import Caller
from agent.ports import Clock

LOCAL_OPERATOR = "local-operator"

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_TAKEN = {"agent", "policy", "system", LOCAL_OPERATOR}
"""Names that the journal gives a meaning of its own."""
_ORDER = get_args(Scope)
_USED = timedelta(minutes=1)


class KeyStore(Protocol):
    """The rows of the keys."""

    async def get(self, id: str) -> StoredKey | None:  # noqa: A002 (the field's name)
        ...

    async def add(self, key: StoredKey) -> None: ...

    async def revoke(self, id: str, at: datetime) -> None:  # noqa: A002 (the field's name)
        """Set `revoked_at`, to the earlier of `at` and what it is."""
        ...

    async def forget(self, id: str, at: datetime) -> None:  # noqa: A002 (the field's name)
        """Revoke it for good: `digest` goes, too."""
        ...

    async def list(self) -> Sequence[StoredKey]:
        """All of them, the revoked too, the oldest first."""
        ...

    async def rehash(self, id: str, digest: str) -> None:  # noqa: A002 (the field's name)
        """Set `digest`: the same key, hashed with another secret."""
        ...

    async def touch(self, id: str, at: datetime) -> None:  # noqa: A002 (the field's name)
        """Set `last_used_at`. May be lost in a crash."""
        ...


@dataclass(frozen=True)
class Minted:
    """A new key. `token` is shown once and kept nowhere."""

    key: StoredKey
    token: str = field(repr=False)


class Keys:
    """Makes, checks, replaces and revokes keys.

    `secret` is derived for the purpose `keys`; `former`, from the root secret before, still opens, and a key that it
    hashed is hashed anew when it is used. `equal` and `random` are arguments for the tests' sake.
    """

    def __init__(
        self,
        store: KeyStore,
        secret: bytes,
        clock: Clock,
        *,
        former: bytes | None = None,
        equal: Callable[[str, str], bool] = hmac.compare_digest,
        random: Callable[[int], bytes] = chance.token_bytes,
    ) -> None:
        self._store = store
        self._secret = secret
        self._former = former
        self._clock = clock
        self._equal = equal
        self._random = random

    async def authenticate(self, token: str) -> Caller:
        """Whose key it is. Unauthenticated, always in the same words, when it is nobody's, cut short or revoked."""
        parts = KEY.fullmatch(token)
        key = await self._store.get(parts["id"]) if parts else None
        # Compared in every case: how long a refusal takes must not tell which ids there are.
        kept = (key and key.digest) or self._digest("nobody")
        right = self._equal(self._digest(token), kept)
        old = self._former is not None and self._equal(_hashed(self._former, token), kept)
        now = self._clock.now()
        if key is None or not (right or old) or not key.valid(now):
            raise Unauthenticated
        if old and not right:
            await self._store.rehash(key.id, self._digest(token))
        await self._note_use(key, now)
        return caller_of(key)

    async def holder(self, id: str) -> Caller:  # noqa: A002 (the field's name)
        """The caller a session was opened by, with the scopes of now. Unauthenticated once the key is revoked."""
        key = await self._store.get(id)
        if key is None or not key.valid(self._clock.now()):
            raise Unauthenticated
        return caller_of(key)

    async def create(
        self, name: str, kind: Kind, scopes: Sequence[Scope], teams: Sequence[str] | None = None
    ) -> Minted:
        """Refused when the name or the scopes do not fit; Conflict while the name has a valid key."""
        _check(name, kind, scopes)
        return await self._create(name, kind, scopes, teams)

    async def create_local_operator(self) -> Minted:
        """The key of whoever may read the data folder: every scope. Earlier ones are revoked."""
        for key in await self._valid_of(LOCAL_OPERATOR):
            await self.revoke(key.id)
        return await self._create(LOCAL_OPERATOR, "person", _ORDER)

    async def rotate(self, id: str, overlap: timedelta = timedelta(days=1)) -> Minted:  # noqa: A002 (the field's name)
        """A new key for the same name and scopes. The old one stays valid for `overlap`; a third is revoked now."""
        old = await self._known(id)
        if not old.valid(self._clock.now()):
            raise Conflict(f"The key {id} is revoked; create a new one.")
        others = [key for key in await self._valid_of(old.name) if key.id != old.id]
        minted = await self._add(old.name, old.kind, old.scopes, old.teams)
        await self._store.revoke(old.id, self._clock.now() + overlap)
        for key in others:
            await self.revoke(key.id)
        return minted

    async def revoke(self, id: str) -> None:  # noqa: A002 (the field's name)
        """Refused from now on, whatever becomes of the clock. NotFound when there is none."""
        await self._store.forget((await self._known(id)).id, self._clock.now())

    async def list(self) -> Sequence[StoredKey]:
        """All of them, the revoked too, the oldest first."""
        return await self._store.list()

    async def valid(self) -> Sequence[StoredKey]:
        now = self._clock.now()
        return [key for key in await self._store.list() if key.valid(now)]

    async def _create(
        self, name: str, kind: Kind, scopes: Sequence[Scope], teams: Sequence[str] | None = None
    ) -> Minted:
        if await self._valid_of(name):
            raise Conflict(f"{name} has a valid key; rotate or revoke it.")
        return await self._add(name, kind, scopes, teams)

    async def _add(self, name: str, kind: Kind, scopes: Sequence[Scope], teams: Sequence[str] | None) -> Minted:
        secret = urlsafe_b64encode(self._random(32)).rstrip(b"=").decode()
        token = f"ia_{self._random(8).hex()}_{secret}"
        key = StoredKey(
            id=token[3:19],
            name=name,
            kind=kind,
            scopes=tuple(scope for scope in _ORDER if scope in scopes),
            digest=self._digest(token),
            created_at=self._clock.now(),
            teams=None if teams is None else tuple(sorted(set(teams))),
        )
        await self._store.add(key)
        return Minted(key, token)

    async def _valid_of(self, name: str) -> Sequence[StoredKey]:
        return [key for key in await self.valid() if key.name == name]

    async def _known(self, id: str) -> StoredKey:  # noqa: A002 (the field's name)
        if key := await self._store.get(id):
            return key
        raise NotFound(f"There is no key with the id {id}.")

    async def _note_use(self, key: StoredKey, now: datetime) -> None:
        if key.last_used_at is None or now - key.last_used_at >= _USED:
            await self._store.touch(key.id, now)

    def _digest(self, token: str) -> str:
        return _hashed(self._secret, token)


def _hashed(secret: bytes, token: str) -> str:
    return hmac.new(secret, token.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def check_name(name: str) -> None:
    """Refused when nobody may be called that."""
    if not _NAME.fullmatch(name):
        raise Refused("A name has 1 to 64 of a-z, 0-9, `.`, `_`, `@` and `-`, and begins with a letter or digit.")
    if name in _TAKEN:
        raise Refused(f"{name} has a meaning of its own in the journal; choose another name.")


def _check(name: str, kind: Kind, scopes: Sequence[Scope]) -> None:
    check_name(name)
    if unknown := sorted(set(scopes) - set(_ORDER)):
        raise Refused(f"There is no scope {unknown[0]}; there are: {', '.join(_ORDER)}.")
    if not scopes:
        raise Refused("A key without a scope opens nothing; give it at least one.")
    if kind == "machine" and not {"admin", "approve:low", "approve:high"}.isdisjoint(scopes):
        raise Refused("A machine's key is not a person: it cannot approve, nor make a key that can.")


def caller_of(key: StoredKey) -> Caller:
    """Whoever holds it, with what it lets them do now."""
    teams = None if key.teams is None else frozenset(key.teams)
    return Caller(name=key.name, kind=key.kind, scopes=frozenset(key.scopes), key=key.id, teams=teams)
