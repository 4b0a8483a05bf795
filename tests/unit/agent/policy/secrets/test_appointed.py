"""Secrets that are called so behind them."""

import pytest

from agent.policy.secrets.appointed import appointed_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("use Shadow's82& as the mail password until vault is back", "Shadow's82&"),
        ("enter Falcon1988* as the admin password, then wait", "Falcon1988*"),
        ('log in with "copper lantern river moth" as the passphrase', "copper lantern river moth"),
        ("sunset8842 is the root password", "sunset8842"),
        ("`q7Rk2VxLw9TzPb4NcYh8` is our token for staging", "q7Rk2VxLw9TzPb4NcYh8"),
        ("use sunset8842 for the password", "sunset8842"),
        ("guest still uses sunset8842 as its password", "sunset8842"),
        ("when prompted for the password, type sunset8842", "sunset8842"),
        ("here is the app key of shop, please keep it: Kx9mQ2vLw7RtZp4B", "Kx9mQ2vLw7RtZp4B"),
    ],
)
def test_what_a_sentence_goes_on_to_call_a_secret_is_found(text: str, secret: str) -> None:
    assert set(said(appointed_secrets, text)) == {secret}


@pytest.mark.parametrize(
    "text",
    [
        *("node-7 is the token server", "service uses redis2 as the token store", "ask alice42 for the password"),
        *(
            "v2.14.3 is the token service we run",
            "here is the key metric: p99=1280ms",
            "secrets masked: DB_PASSWORD=***",
        ),
    ],
)
def test_names_of_what_deals_with_secrets_stay(text: str) -> None:
    assert said(appointed_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        *("its Kx9mmQ2wz! (the pw for ci-bot)", "Kx9mmQ2wz! <- root password", "Kx9mmQ2wz!, that's the token"),
        "they picked Kx9mmQ2wz! for the password",
    ],
)
def test_what_is_called_a_secret_in_passing_is_found(text: str) -> None:
    assert set(said(appointed_secrets, text)) == {"Kx9mmQ2wz!"}


@pytest.mark.parametrize(
    "text", ["see OPS-12 (password reset)", "deployed v1.2.3 (the api token)", "web-0, that's the token"]
)
def test_what_is_something_else_beside_the_name_of_a_secret_stays(text: str) -> None:
    assert said(appointed_secrets, text) == []


def test_what_is_still_the_password_is_found() -> None:
    assert said(appointed_secrets, "is Rosa64&& still the root password?") == ["Rosa64&&"]


def test_what_is_called_a_password_later_in_the_sentence_is_found() -> None:
    text = "we found UqRgBBannf4T!sVU in the log of web-12, it is the smtp password"
    assert said(appointed_secrets, text) == ["UqRgBBannf4T!sVU"]
    assert said(appointed_secrets, "we found OPS-1234 in v2.3.1, it is the token service") == []


def test_what_is_called_a_password_in_the_next_line_is_found() -> None:
    assert said(appointed_secrets, "ola: Sunset88x!\nola: argh that was my password, ignore it") == ["Sunset88x!"]
    assert said(appointed_secrets, "ola: see OPS-1234\nola: that was the token service") == []


def test_what_was_used_or_missing_is_not_what_stands_before_it() -> None:
    assert said(appointed_secrets, "Access denied for user 'root'@'fraud-21.shop.corp' (using password: YES)") == []
    assert said(appointed_secrets, "Kx9mmQ2wz! (the pw for the replica)") == ["Kx9mmQ2wz!"]
