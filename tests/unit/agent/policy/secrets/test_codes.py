"""Numbers that let somebody in once."""

import pytest

from agent.policy.secrets.codes import code_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        "your verification code is 482913",
        "PIN for the HSM: 482913",
        "Your code is 482913. It expires soon.",
        "the code from the authenticator is 482913",
        'sms body="Your shop code is 482913"',
        "Enter this code to sign in: 482913",
        "sent OTP 482913 to user_id=21003 by sms",
        "482913 is your verification code",
        "482913 is your one-time password. Do not share it.",
        "Subject: Your shop verification code\nUse 482913 to finish signing in. It expires in 10 minutes.",
        "Subject: sign-in code\n\nHi,\n\n    482913\n\nIt expires in 10 minutes.",
        "ola: what's the code?\nbo: 482913",
        "Meeting password: see mail (482913 from phones and video systems)",
    ],
)
def test_a_number_that_is_called_a_code_is_found(text: str) -> None:
    assert set(said(code_secrets, text)) == {"482913"}


def test_two_groups_of_three_are_a_code_too() -> None:
    assert set(said(code_secrets, "authenticator code 482 913")) == {"482 913"}
    assert set(said(code_secrets, "just enter 482 913 as the 2fa code")) == {"482 913"}


@pytest.mark.parametrize(
    "text",
    [
        "use 8443 for the port, try 5003 for the error codes page",
        "OTP verification failed for user=app attempts=3 code=expired_code",
        "sent verification code to +4917612345678 by sms, request 482913",
        "the login code is 6 digits, a security code lives for 600000 ms",
        "bo: what's the exit code?\nola: 1370",
        "pin the image to 2.14.3 and the pod to node-7",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert said(code_secrets, text) == []
