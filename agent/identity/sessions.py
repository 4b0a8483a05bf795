"""Is this browser signed in?  A signed cookie says by which key and until when; the key says what it may do."""

import hmac
import json
import secrets as chance
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from pydantic import ValidationError

from agent.domain.base import Noun, canonical
from agent.domain.clocks import unbelievable
from agent.domain.errors import NotAllowed, Unauthenticated

LENGTH = timedelta(hours=12)
_LONGEST = 1024


class Session(Noun):
    """What the cookie says. The caller and the scopes are asked of the key anew at each request."""

    id: str
    key: str
    """The id of the key that signed in."""
    expires_at: datetime


def issue(
    key: str,
    secret: bytes,
    now: datetime,
    length: timedelta = LENGTH,
    random: Callable[[int], bytes] = chance.token_bytes,
) -> str:
    """The cookie's value for whoever signed in with that key. `secret` is derived for the purpose `sessions`."""
    session = Session(id=random(16).hex(), key=key, expires_at=now + length)
    said = _encoded(canonical(session.model_dump(mode="json")).encode())
    return f"{said}.{_sign(secret, 'session', said)}"


def read(cookie: str, secret: bytes, now: datetime) -> Session:
    """Unauthenticated when it was not issued with this secret, was changed, or has expired.

    Also when it was issued by a clock that has been set back since: it would last until that has caught up.
    """
    said, _, signature = cookie.partition(".")
    if len(cookie) > _LONGEST or not _same(signature, _sign(secret, "session", said)):
        raise Unauthenticated
    try:
        session = Session.model_validate(json.loads(urlsafe_b64decode(said + "==")))
    except (ValueError, ValidationError) as error:
        raise Unauthenticated from error
    if now >= session.expires_at or unbelievable(session.expires_at - LENGTH, now):
        raise Unauthenticated("The session has expired; sign in again.")
    return session


def csrf_token(session: Session, secret: bytes) -> str:
    """What every form of this session carries, and no other site can know."""
    return _sign(secret, "csrf", session.id)


def check_csrf(token: str, session: Session, secret: bytes) -> None:
    """NotAllowed when the form was not one of ours for this session."""
    if not _same(token, csrf_token(session, secret)):
        raise NotAllowed("The form was not sent from this page, or is too old; reload the page and try again.")


def cookie_name(*, secure: bool) -> str:
    """Over TLS the browser itself sees to it that no other host and no plain connection sets it."""
    return "__Host-incident-agent" if secure else "incident-agent"


def set_cookie(value: str, now: datetime, *, secure: bool, length: timedelta = LENGTH) -> str:
    """The Set-Cookie header; an empty value signs out."""
    until = now.astimezone(UTC) + length if value else datetime.fromtimestamp(0, UTC)
    parts = [
        f"{cookie_name(secure=secure)}={value}",
        "Path=/",
        "HttpOnly",
        "SameSite=Strict",
        f"Expires={until:%a, %d %b %Y %H:%M:%S GMT}",
    ]
    return "; ".join([*parts, "Secure"] if secure else parts)


def _sign(secret: bytes, what: str, said: str) -> str:
    return _encoded(hmac.new(secret, f"{what}\0{said}".encode("utf-8", "surrogatepass"), sha256).digest())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
