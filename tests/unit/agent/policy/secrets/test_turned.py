"""Secrets that another line or verb says the old or the new of."""

import pytest

from agent.policy.secrets.turned import turned_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("rotated the db password\nold: jjydPpSAuj4B\nnew: Marble1979!!\n", ["jjydPpSAuj4B", "Marble1979!!"]),
        ("login to it fails\nwe rotated it\nnew one: pine91566", ["pine91566"]),
        ("found the password in git\n- 09:17 replaced with `Finbridge_2016!lem`, restarted", ["Finbridge_2016!lem"]),
        ("locked out again\nreset to RKg955U3kgXQMlO6, change it", ["RKg955U3kgXQMlO6"]),
        ("Kennwort von app: alt: Sommer2024! neu: Herbst2024!", ["Sommer2024!", "Herbst2024!"]),
        ("api key swapped, was -> kX9mQ2pLz7RtVb4N", ["kX9mQ2pLz7RtVb4N"]),
    ],
)
def test_what_it_was_and_what_it_is_now_are_found(text: str, secrets: list[str]) -> None:
    assert said(turned_secrets, text) == secrets


@pytest.mark.parametrize(
    "text",
    [
        *(
            "image changed\nold: v1.2.3\nnew: v1.2.4",
            "the token ttl: old: 3600s new: 7200s",
            "key rotated, was: 2024-01-02",
        ),
        *("password rotated\nold: secret/data/app new: secret/data/app2", "replicas set to app-5c7d9f8b6c-x2k4q"),
        "rotated the token\nold: 9f86d081884c7d659a2feaa0c55ad015",
        "my ssh key: the public key was reset to AAAAC3NzaC1lZDI1NTE5AAAAINPheU4vslCJ7xptUFxW4oKzW3Tyys3N",
        "password page: status was: Running, now: CrashLoopBackOff",
    ],
)
def test_what_else_was_changed_stays(text: str) -> None:
    assert said(turned_secrets, text) == []
