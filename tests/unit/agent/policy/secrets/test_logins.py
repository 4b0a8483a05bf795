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
    assert set(said(login_secrets, text)) == {"rfBTAg+X9eALX!YOk"}
    assert said(login_secrets, "here is the shop login\nsvc_report\nginger1575\n") == ["ginger1575"]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("ola: can't get into shop dev\nbo: it's still willowcinnamon007 , we never rotated it", "willowcinnamon007"),
        ("ola: can't log in to db-1\nbo: use maria and burlXnLAbMMVGM", "burlXnLAbMMVGM"),
        ("ola: locked out of the bastion\nbo: try lamp_river42", "lamp_river42"),
        ("ola: keycloak admin?\nbo 10:15: should be `Sunset88x!`", "Sunset88x!"),
        ("bo: i set it to walnut2793 for now, change it after", "walnut2793"),
        ("bo: reset done, it's Sunset88x! now", "Sunset88x!"),
        ("log in with tanja and Sunset88x! on db-1", "Sunset88x!"),
    ],
)
def test_what_answers_somebody_who_cannot_get_in_is_found(text: str, secret: str) -> None:
    assert set(said(login_secrets, text)) == {secret}


@pytest.mark.parametrize(
    "text",
    [
        "ola: can't get into db-12.prod.shop.net\nbo: it's still down, try again at 10:15",
        "ola: can't log in to grafana\nbo: use SSO and clear cookies, it's the new MFA policy, see OPS-1421",
        "ola: can't connect to the replica\nbo: use port 5433 and sslmode=require, try shop-v2.3.1",
        "bo: config changed, it's checkout2 now",
        "bo: changed the config, it's Postgres15 now, set it to m5.2xlarge later",
        "connect with TLS1.3 and OAuth2",
        "the ssh public key was reset to AAAAC3NzaC1lZDI1NTE5AAAAIqyd7Fl2cqrHP8IfKZvs8mPK1xp5edHiLcJODhm0a11Q",
    ],
)
def test_other_answers_stay(text: str) -> None:
    assert said(login_secrets, text) == []
