"""Whose JSON web token is this?  Checked against one algorithm, one issuer and one audience, all configured.

Nothing a token says of itself decides how it is checked (RFC 8725): not its `alg`, no address of a key, no extension.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from agent.domain.errors import ConfigurationError, Refused, Unauthenticated
from agent.domain.key import Scope
from agent.domain.rules import Person
from agent.identity.keys import check_name
from agent.identity.roles import Caller
from agent.identity.signers import Algorithm, PublicKey
from agent.ports import Clock

LONGEST = 4096
"""Characters; more is not parsed."""
LIFE = timedelta(days=1)
"""A token cannot be called back, so none is good for longer from now."""
SKEW = timedelta(seconds=30)
"""So far the issuer's clock may be ahead."""

_LATEST = 10**11
"""Seconds since 1970 that no time is beyond."""
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_MARK = "jwt:"
_UNHEEDED = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c"})
"""Header fields that change how a token is to be read, or bring their own key: no honest token of ours has one."""


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Whose tokens are taken, and for whom they must be made."""

    algorithm: Algorithm
    keys: Mapping[str, PublicKey]
    name: str
    """`iss`."""
    audience: str
    """`aud`."""
    scopes: str = "scope"
    """The claim with the scopes: words in a string, or a list."""


class Tokens:
    """Knows the people who may come with a token. ConfigurationError when two have the same subject, or a bad name."""

    def __init__(self, issuer: Issuer, people: Mapping[str, Person], clock: Clock) -> None:
        self._issuer = issuer
        self._people = {person.subject or name: (name, person) for name, person in people.items()}
        self._clock = clock
        if len(self._people) < len(people):
            raise ConfigurationError("Two of `people` have the same subject; each needs one of their own.")
        for name in people:
            _check_name(name)

    def caller(self, token: str) -> Caller:
        """Whose it is, with those scopes that both the token and the configuration give. Unauthenticated otherwise."""
        claims = self._claims(token)
        until = self._until(claims)
        if claims["sub"] not in self._people:
            raise Unauthenticated
        name, person = self._people[claims["sub"]]
        scopes = _scopes(claims.get(self._issuer.scopes)) & set(person.scopes)
        return person_caller(name, person, f"{_MARK}{until}", scopes)

    def _claims(self, token: str) -> dict[str, Any]:
        import jwt

        if len(token) > LONGEST or not _SHAPE.fullmatch(token):
            raise Unauthenticated
        try:
            return jwt.decode(
                token,
                self._key(jwt.get_unverified_header(token)),
                algorithms=[self._issuer.algorithm],
                audience=self._issuer.audience,
                issuer=self._issuer.name,
                # Times are compared below, with our clock.
                options={
                    "require": ["exp", "nbf", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        # A header of brackets alone is nested deeper than the parser goes.
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated from error

    def _key(self, header: Mapping[str, Any]) -> PublicKey:
        """The one its `kid` names among ours; where there is only one, that one when it names none."""
        if not _UNHEEDED.isdisjoint(header):
            raise Unauthenticated
        keys = self._issuer.keys
        named = "" if "" in keys and len(keys) == 1 else header.get("kid")
        if named is None and len(keys) == 1:
            return next(iter(keys.values()))
        if not isinstance(named, str) or named not in keys:
            raise Unauthenticated
        return keys[named]

    def _until(self, claims: Mapping[str, Any]) -> int:
        """When it ends, in seconds since 1970."""
        now = self._clock.now()
        begins, ends = claims["nbf"], claims["exp"]
        if not (_is_time(begins) and _is_time(ends)):
            raise Unauthenticated
        if begins > (now + SKEW).timestamp() or not now.timestamp() < ends <= (now + LIFE).timestamp():
            raise Unauthenticated
        return int(ends)


def person_caller(name: str, person: Person, key: str, scopes: frozenset[Scope] | None = None) -> Caller:
    """Somebody of the configuration, who has no key: `key` stands in its place."""
    teams = None if person.teams is None else frozenset(person.teams)
    known = frozenset(person.scopes) if scopes is None else scopes
    return Caller(name=name, kind="person", scopes=known, key=key, teams=teams)


def is_token(shown: str) -> bool:
    """Does it look like a JSON web token?  No key of ours has a dot in it."""
    return shown.count(".") == 2


def came_by_token(key: str) -> bool:
    """Is this what stands in the place of a key's id for somebody who came with a token?"""
    return key.startswith(_MARK)


def token_ended(key: str, now: datetime) -> bool:
    """Has the token ended by now?  Also when it cannot be told."""
    until = key.removeprefix(_MARK)
    return not until.isdecimal() or len(until) > 11 or now >= datetime.fromtimestamp(int(until), UTC)


def _check_name(name: str) -> None:
    try:
        check_name(name)
    except Refused as error:
        raise ConfigurationError(f"people: {name}: {error}") from error


def _scopes(said: object) -> frozenset[Scope]:
    words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(scope for scope in get_args(Scope) if scope in words)


def _is_time(said: object) -> bool:
    # Compared as it is: a whole number may have more digits than anything else can be done with.
    return isinstance(said, int | float) and not isinstance(said, bool) and abs(said) < _LATEST
