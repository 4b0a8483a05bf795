"""Whose signature on a JSON web token counts?  Public keys of one kind, from one file, never from the token."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from agent.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Algorithm = Literal["RS256", "ES256", "EdDSA"]
PublicKey: TypeAlias = "RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey"

_SHORTEST_RSA = 2048
"""Bits."""


def signers(path: Path, algorithm: Algorithm) -> Mapping[str, PublicKey]:
    """The keys of a JWKS file by their `kid`, or the one of a PEM file under an empty name.

    ConfigurationError when the file cannot be used, or has no key for the algorithm.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, "it cannot be read") from error
    keys = _of_set(path, text, algorithm) if text.lstrip().startswith("{") else {"": _of_pem(path, text)}
    for key in keys.values():
        _check(path, key, algorithm)
    return keys


def _of_pem(path: Path, text: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable(path, "it is neither a JWKS nor a public key in PEM") from error


def _of_set(path: Path, text: str, algorithm: Algorithm) -> dict[str, Any]:
    from jwt import PyJWK, PyJWTError

    found: dict[str, Any] = {}
    try:
        for one in _meant(json.loads(text)["keys"], algorithm):
            name = one.get("kid", "")
            if name in found:
                raise _unusable(path, f"two of its keys have the kid {name!r}")
            found[name] = PyJWK(one, algorithm).key
    except (PyJWTError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(path, "it is no JWKS") from error
    if not found:
        raise _unusable(path, f"it has no key for {algorithm}")
    return found


def _meant(keys: Iterable[dict[str, Any]], algorithm: Algorithm) -> list[dict[str, Any]]:
    """Those for signatures with the algorithm; a set often has others beside them."""
    kind = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}[algorithm]
    return [
        one
        for one in keys
        if one["kty"] == kind and one.get("use", "sig") == "sig" and one.get("alg", algorithm) == algorithm
    ]


def _check(path: Path, key: object, algorithm: Algorithm) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match algorithm, key:
        case "RS256", rsa.RSAPublicKey() if key.key_size >= _SHORTEST_RSA:
            return
        case "ES256", ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
            return
        case "EdDSA", ed25519.Ed25519PublicKey():
            return
    needs = {"RS256": f"an RSA key of {_SHORTEST_RSA} bits or more", "ES256": "a P-256 key", "EdDSA": "an Ed25519 key"}
    raise _unusable(path, f"{algorithm} needs the public half of {needs[algorithm]}")


def _unusable(path: Path, because: str) -> ConfigurationError:
    return ConfigurationError(f"AGENT_JWT_KEYS={path} cannot be used: {because}.")
