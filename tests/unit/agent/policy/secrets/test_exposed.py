"""Secrets that are said to stand where none should."""

import pytest

from agent.policy.secrets.exposed import exposed_secrets
from tests.unit.agent.policy.secrets.told import said

UUID = "28411b6d-b473-4f07-9de4-b34f371cad3b"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"who owns the opsgenie key in relay? I see `{UUID}` hardcoded in 55ddd54", UUID),
        ("the root password: I found Kx9!mmQ2z in the logs", "Kx9!mmQ2z"),
        ('our token "7ac0d12ee7483b2ace1daf854874cb5b" was committed on Monday', "7ac0d12ee7483b2ace1daf854874cb5b"),
    ],
)
def test_a_word_behind_a_noun_for_secrets_is_found(text: str, secret: str) -> None:
    assert said(exposed_secrets, text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        f"the request {UUID} is in the logs, its token had expired",
        "no password is hardcoded in main.go",
        "the port `8080` hardcoded in main.go",
        "secrets are never exposed in the logs",
    ],
)
def test_other_things_that_stand_somewhere_stay(text: str) -> None:
    assert said(exposed_secrets, text) == []
