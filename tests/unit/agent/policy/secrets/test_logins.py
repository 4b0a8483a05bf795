"""What somebody logs in with, though no noun calls it a secret."""

import pytest

from agent.policy.secrets.logins import login_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("try root with Qwertz-961 , set on all boxes", "Qwertz-961"),
        ("can you try admin/Sunshine#22?", "admin/Sunshine#22?"),
        ("use admin:djwqzZEiIbfDU01acP9M on mq-07", "admin:djwqzZEiIbfDU01acP9M"),
        ("logged in as deploy with hallo007, works again", "hallo007"),
        ("log in with carlos / diamond6394 and change it", "diamond6394"),
        ("the note on the box says root / Kitchen#8288, so they got in", "Kitchen#8288"),
    ],
)
def test_words_behind_a_verb_for_getting_in_are_found(text: str, secret: str) -> None:
    assert set(said(login_secrets, text)) == {secret}


@pytest.mark.parametrize(
    "text",
    [
        "log in as admin with SSO / MFA",
        "connect using admin:443",
        "try with retries=5 and timeout=30s",
        "use shop:4f7a0f6449824776a478 of the registry",
        "the fingerprint reads SHA256:3mtDadVTBKgFDJcHL+hUBMKJxrOVq1N7Cc4zfYYfRz5",
    ],
)
def test_ways_of_getting_in_without_a_secret_stay(text: str) -> None:
    assert said(login_secrets, text) == []


def test_who_is_somebody_on_a_host_is_told_with_the_password() -> None:
    assert said(login_secrets, "fyi root on db-1 is still Sunset88x!, will rotate") == ["Sunset88x!"]
    states = "root on db-1 is still 95% full, admin on web-2 is now offline, admin on web-3 is still READ-ONLY"
    assert said(login_secrets, states) == []


def test_user_and_password_answer_a_question_for_the_login() -> None:
    text = "what's the login for grafana again?\nanna  17:27\nadmin / rfBTAg+X9eALX!YOk\nthx"
    assert said(login_secrets, text) == ["rfBTAg+X9eALX!YOk"]
