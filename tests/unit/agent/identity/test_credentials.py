"""Is the key taken from the header alone, however a request dresses it up?"""

import base64

import pytest

from agent.domain.errors import Unauthenticated
from agent.identity.credentials import hidden, key_in, presented

KEY = "ia_0123456789abcdef_" + "Ab-_" * 10 + "xyz"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [f"Bearer {KEY}", f"bearer  {KEY} ", basic(f"alertmanager:{KEY}"), basic(f":{KEY}")],
    ids=["bearer", "case and blanks", "basic", "basic without a user"],
)
def test_bearer_and_basic_auth_carry_the_key(header: str) -> None:
    assert presented([header], "/webhooks/alertmanager?x=1") == KEY


def test_a_password_may_hold_colons() -> None:
    assert presented([basic("user:a:b")], "/") == "a:b"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [""],
        [KEY],
        ["Bearer"],
        [f"Token {KEY}"],
        ["Basic !!!"],
        ["Basic " + base64.b64encode(b"\xff:\xff").decode()],
        [basic(KEY)],
        [f"Bearer {KEY}", f"Bearer {KEY}"],
        ["Bearer " + "x" * 5000],
    ],
    ids=["none", "empty", "no scheme", "no key", "scheme", "not base64", "not UTF-8", "no colon", "two", "too long"],
)
def test_anything_else_is_no_key(headers: list[str]) -> None:
    with pytest.raises(Unauthenticated, match="No valid key was sent"):
        presented(headers, "/")


@pytest.mark.parametrize(
    "target",
    [
        f"/api/incidents?key={KEY}",
        f"/api/incidents?anything={KEY[:25]}",
        f"/webhooks/{KEY}",
        "/?token=%69%61_0123456789abcdef%5fsecret",
        "/?token=%2569a_0123456789abcdef_secret",
    ],
)
def test_a_key_in_the_address_is_refused_even_beside_a_good_header(target: str) -> None:
    with pytest.raises(Unauthenticated, match="A key was sent in the address, where logs keep it"):
        presented([f"Bearer {KEY}"], target)


def test_an_ordinary_address_is_none_with_a_key() -> None:
    assert not key_in("/api/incidents?q=ia_service_x&cursor=ia_0123&limit=5")


def test_what_is_logged_shows_the_id_alone() -> None:
    assert hidden(f"GET /?k={KEY} and {KEY}!") == "GET /?k=ia_0123456789abcdef_... and ia_0123456789abcdef_...!"
