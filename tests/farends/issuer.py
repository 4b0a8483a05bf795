"""An identity provider that signs JSON web tokens, honest ones and every broken kind."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAME = "https://id.example.org"
AUDIENCE = "incident-agent"


class Issuer:
    """With one RSA key."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def write_pem(self, folder: Path) -> Path:
        path = folder / "issuer.pem"
        path.write_bytes(self.pem)
        return path

    def write_jwks(self, folder: Path, kid: str = "2026-11") -> Path:
        path = folder / "issuer.json"
        path.write_text(json.dumps({"keys": [self.jwk(kid)]}))
        return path

    def jwk(self, kid: str) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        n, e = (urlsafe_b64encode(x.to_bytes((x.bit_length() + 7) // 8)).rstrip(b"=") for x in (numbers.n, numbers.e))
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n.decode(), "e": e.decode()}

    def token(self, at: datetime, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """Good for five minutes, unless changed; a claim changed to None is left out."""
        return jwt.encode(claims(at, **changed), self.key, "RS256", headers=header)


def claims(at: datetime, **changed: Any) -> dict[str, Any]:
    said = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": "ann@example.org",
        "nbf": int((at - timedelta(minutes=1)).timestamp()),
        "exp": int((at + timedelta(minutes=5)).timestamp()),
        "scope": "openid read approve:high",
    } | changed
    return {name: value for name, value in said.items() if value is not None}


def by_hand(header: dict[str, Any], said: dict[str, Any], secret: bytes | None = None) -> str:
    """What no library would make: unsigned, or with an HMAC under whatever bytes."""
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, said))
    return f"{signed}." + ("" if secret is None else _encoded(hmac.new(secret, signed.encode(), sha256).digest()))


def signed(issuer: Issuer, said: dict[str, Any]) -> str:
    """Rightly, whatever it says: no library would make a claim that is none."""
    return jwt.PyJWS().encode(json.dumps(said).encode(), issuer.key, "RS256")


def broken(issuer: Issuer, at: datetime) -> dict[str, str]:
    """What is wrong -> the token; all but what is named is right."""
    other, good = Issuer(), claims(at)
    now = int(at.timestamp())
    far = "https://evil.example"
    parts = issuer.token(at).split(".")
    return {
        "alg none": by_hand({"alg": "none"}, good) + "AA",
        "alg None, unsigned": by_hand({"alg": "None"}, good),
        "no alg": by_hand({}, good, issuer.pem),
        "alg is a list": by_hand({"alg": ["RS256"]}, good, issuer.pem),
        "HS256 with the public key": by_hand({"alg": "HS256"}, good, issuer.pem),
        "HS256 with the public key, stripped": by_hand({"alg": "HS256"}, good, issuer.pem.strip()),
        "another algorithm of the same key": jwt.encode(good, issuer.key, "RS512"),
        "another issuer's key": other.token(at),
        "signature of another token": ".".join([*issuer.token(at, sub="eve@example.org").split(".")[:2], parts[2]]),
        "no signature": f"{parts[0]}.{parts[1]}.",
        "wrong aud": issuer.token(at, aud="another-service"),
        "aud among others'": issuer.token(at, aud=["a", "incident-agents"]),
        "no aud": issuer.token(at, aud=None),
        "wrong iss": issuer.token(at, iss=NAME + "/"),
        "no iss": issuer.token(at, iss=None),
        "expired": issuer.token(at, exp=now),
        "no exp": issuer.token(at, exp=None),
        "exp in a year": issuer.token(at, exp=now + 31_536_000),
        "exp is true": signed(issuer, good | {"exp": True}),
        "exp never": signed(issuer, good | {"exp": float("inf")}),
        "exp beyond any number": signed(issuer, good | {"exp": 10**400}),
        "nbf beyond any number": signed(issuer, good | {"nbf": -(10**400)}),
        "nbf in the future": issuer.token(at, nbf=now + 60),
        "no nbf": issuer.token(at, nbf=None),
        "unknown sub": issuer.token(at, sub="eve@example.org"),
        "no sub": issuer.token(at, sub=None),
        "unknown crit": issuer.token(at, {"crit": ["x-policy"], "x-policy": "admin"}),
        "known crit": issuer.token(at, {"crit": ["exp"], "exp": now + 60}),
        "kid that is a path": issuer.token(at, {"kid": "../../../../dev/null"}),
        "kid that is an address": issuer.token(at, {"kid": far}),
        "HS256 with an empty key, kid /dev/null": by_hand({"alg": "HS256", "kid": "/dev/null"}, good, b""),
        "kid that is a list": by_hand({"alg": "RS256", "kid": ["2026-11"]}, good, b""),
        "jku": other.token(at, {"jku": f"{far}/jwks.json"}),
        "jku beside a right signature": issuer.token(at, {"jku": f"{far}/jwks.json"}),
        "x5u": other.token(at, {"x5u": f"{far}/cert.pem"}),
        "x5u beside a right signature": issuer.token(at, {"x5u": f"{far}/cert.pem"}),
        "its own key": other.token(at, {"jwk": other.jwk("2026-11")}),
        "a megabyte": issuer.token(at, padding="x" * 2**20),
        "just too long": issuer.token(at, padding="x" * 4096),
        "a header of brackets": f"{_encoded(b'[' * 2500)}.{parts[1]}.{parts[2]}",
        "a header that is no object": f"{_encoded(b'1')}.{parts[1]}.{parts[2]}",
        "claims that are no object": jwt.PyJWS().encode(b"[]", issuer.key, "RS256"),
        "compact form with blanks": f"{parts[0]}. {parts[1]}.{parts[2]}",
        "five parts": f"{issuer.token(at)}.{parts[1]}.{parts[2]}",
    }


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
