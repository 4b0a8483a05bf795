"""Is there one root secret, kept to its owner, and a different key for each purpose?"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest

from agent.domain.errors import ConfigurationError
from agent.identity.secrets import Purpose, Secrets, hkdf, open_secrets

ROOT = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("root", "salt", "info", "length", "derived"),
    [
        (
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            bytes(range(0x50)).hex(),
            bytes(range(0x60, 0xB0)).hex(),
            bytes(range(0xB0, 0x100)).hex(),
            82,
            (
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
        ),
        (
            "0b" * 22,
            "",
            "",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
    ids=["A.1", "A.2", "A.3"],
)
def test_derivation_agrees_with_rfc_5869(root: str, salt: str, info: str, length: int, derived: str) -> None:
    found = hkdf(bytes.fromhex(root), salt=bytes.fromhex(salt), info=bytes.fromhex(info), length=length)
    assert found.hex() == derived


def test_each_purpose_and_each_generation_has_a_key_of_its_own_and_always_the_same() -> None:
    def derived() -> list[bytes]:
        return [Secrets(ROOT.encode()).derive(one, number) for one in get_args(Purpose) for number in (1, 2)]

    assert derived() == derived()
    assert (len(set(derived())), {len(key) for key in derived()}) == (2 * len(get_args(Purpose)), {32})
    assert ROOT.encode() not in derived()
    assert ROOT not in repr(Secrets(ROOT.encode()))


@pytest.mark.parametrize(("root", "because"), [("x" * 31, "too short"), ("ab" * 40, "fewer than 8 different")])
def test_a_root_that_can_be_guessed_is_refused(tmp_path: Path, root: str, because: str) -> None:
    with pytest.raises(ConfigurationError, match=because):
        open_secrets(tmp_path, root)


def test_a_root_that_is_configured_writes_nothing(tmp_path: Path) -> None:
    assert open_secrets(tmp_path, ROOT).derive("journal") == Secrets(ROOT.encode()).derive("journal")
    assert list(tmp_path.iterdir()) == []


def test_a_root_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        first = open_secrets(tmp_path).derive("journal")
    finally:
        os.umask(before)
    assert open_secrets(tmp_path).derive("journal") == first
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("secret.key", 0o600)]


def test_many_who_start_at_once_get_the_same_root(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: open_secrets(tmp_path).derive("journal"), range(40)))
    assert (len(found), len(list(tmp_path.iterdir()))) == (1, 1)


@pytest.mark.parametrize("content", ["", "abc", "0" * 63, "z" * 64, "é" * 64], ids=["empty", "short", "63", "z", "é"])
def test_a_damaged_root_is_not_made_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"secret.key is damaged: it should hold 64 hexadecimal digits"):
        open_secrets(tmp_path)
    assert path.read_text() == content


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_root_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    open_secrets(tmp_path)
    (tmp_path / "secret.key").chmod(mode)
    with pytest.raises(ConfigurationError, match=r"can be read by others: run `chmod 600"):
        open_secrets(tmp_path)


def test_a_link_in_the_place_of_the_root_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("0" * 64)
    (tmp_path / "secret.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_secrets(tmp_path)
