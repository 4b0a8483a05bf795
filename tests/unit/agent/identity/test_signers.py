"""Which files of keys can be used, and which sentence tells of the others?"""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from agent.domain.errors import ConfigurationError
from agent.identity.signers import Algorithm, signers
from tests.farends.issuer import Issuer

RIGHT: dict[Algorithm, PrivateKeyTypes] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def pem(folder: Path, key: PrivateKeyTypes) -> Path:
    path = folder / "key.pem"
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def jwks(folder: Path, *keys: dict[str, object]) -> Path:
    path = folder / "keys.json"
    path.write_text(json.dumps({"keys": keys}))
    return path


@pytest.mark.parametrize("algorithm", list(RIGHT))
def test_a_public_key_in_pem_stands_under_an_empty_name(tmp_path: Path, algorithm: Algorithm) -> None:
    key = RIGHT[algorithm]
    assert dict(signers(pem(tmp_path, key), algorithm)) == {"": key.public_key()}


def test_of_a_set_those_for_signatures_with_the_algorithm_are_taken(tmp_path: Path) -> None:
    one, two = Issuer(), Issuer()
    path = jwks(
        tmp_path,
        one.jwk("a"),
        two.jwk("b"),
        one.jwk("c") | {"use": "enc"},
        one.jwk("d") | {"alg": "RS512"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "e"},
    )
    assert dict(signers(path, "RS256")) == {"a": one.key.public_key(), "b": two.key.public_key()}


@pytest.mark.attack("S59")
def test_a_key_of_another_kind_or_too_short_is_no_key_for_the_algorithm(tmp_path: Path) -> None:
    wrong: list[tuple[Algorithm, PrivateKeyTypes]] = [
        ("RS256", rsa.generate_private_key(65537, 1024)),
        ("RS256", RIGHT["ES256"]),
        ("ES256", RIGHT["RS256"]),
        ("ES256", ec.generate_private_key(ec.SECP384R1())),
        ("EdDSA", RIGHT["ES256"]),
    ]
    for algorithm, key in wrong:
        with pytest.raises(ConfigurationError, match=f"{algorithm} needs the public half of"):
            signers(pem(tmp_path, key), algorithm)


def test_a_file_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    private = RIGHT["RS256"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for text, sentence in [
        (private.decode(), "it is neither a JWKS nor a public key in PEM"),
        ("", "it is neither a JWKS nor a public key in PEM"),
        ("{", "it is no JWKS"),
        ('{"keys": ' + "[" * 100_000, "it is no JWKS"),
        ('{"keys": 1}', "it is no JWKS"),
        ('{"keys": [{"kty": "RSA", "n": "x"}]}', "it is no JWKS"),
        ('{"keys": []}', "it has no key for RS256"),
        (json.dumps({"keys": [Issuer().jwk("a"), Issuer().jwk("a")]}), "two of its keys have the kid 'a'"),
    ]:
        path = tmp_path / "keys"
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=f"AGENT_JWT_KEYS={path} cannot be used: {sentence}"):
            signers(path, "RS256")
    with pytest.raises(ConfigurationError, match="it cannot be read"):
        signers(tmp_path / "none", "RS256")
