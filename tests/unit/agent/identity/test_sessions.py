"""Does a cookie say who signed in, until when, and nothing that somebody else could have written?"""

import base64
import json
from datetime import timedelta

import pytest

from agent.domain.errors import NotAllowed, Unauthenticated
from agent.identity.sessions import Session, check_csrf, cookie_name, csrf_token, issue, read, set_cookie
from tests.unit.agent.identity.in_memory import NOW

SECRET = b"derived for the purpose of sessions"


def cookie() -> str:
    return issue("00aa", SECRET, NOW, random=bytes)


def test_a_cookie_is_read_as_it_was_issued() -> None:
    assert read(cookie(), SECRET, NOW) == Session(id="00" * 16, key="00aa", expires_at=NOW + timedelta(hours=12))
    assert issue("00aa", SECRET, NOW) != issue("00aa", SECRET, NOW)


def test_it_expires_to_the_second() -> None:
    read(cookie(), SECRET, NOW + timedelta(hours=12, seconds=-1))
    with pytest.raises(Unauthenticated, match="The session has expired; sign in again"):
        read(cookie(), SECRET, NOW + timedelta(hours=12))


@pytest.mark.parametrize("back", [timedelta(minutes=11), timedelta(hours=1), timedelta(days=3)])
def test_it_lasts_no_longer_because_the_clock_was_set_back(back: timedelta) -> None:
    with pytest.raises(Unauthenticated, match="The session has expired; sign in again"):
        read(cookie(), SECRET, NOW - back)


def test_hosts_whose_clocks_differ_a_little_read_what_the_others_issued() -> None:
    assert read(cookie(), SECRET, NOW - timedelta(minutes=9)).key == "00aa"


def forged(**fields: str) -> str:
    said = {"id": "00", "key": "admin", "expires_at": "2099-01-01T00:00:00Z", **fields}
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        cookie()[:-1],
        cookie() + "A",
        "A" + cookie(),
        cookie().split(".")[0],
        cookie().split(".")[0] + ".",
        f"{forged()}.{cookie().split('.')[1]}",
        f"{cookie().split('.')[1]}.{cookie().split('.')[1]}",
        f"{cookie()}.{cookie()}",
        "é." + "\ud800",
        "A" * 100_000,
    ],
)
def test_what_was_not_issued_here_is_refused(value: str) -> None:
    with pytest.raises(Unauthenticated):
        read(value, SECRET, NOW)


def test_another_secret_reads_nothing() -> None:
    with pytest.raises(Unauthenticated):
        read(cookie(), b"another", NOW)


def test_a_form_token_is_good_for_its_own_session_alone() -> None:
    ours = read(cookie(), SECRET, NOW)
    other = ours.model_copy(update={"id": "11" * 16})
    check_csrf(csrf_token(ours, SECRET), ours, SECRET)
    for token in ("", csrf_token(other, SECRET), csrf_token(ours, b"another"), cookie().split(".")[1], "\ud800"):
        with pytest.raises(NotAllowed, match="The form was not sent from this page"):
            check_csrf(token, ours, SECRET)


def test_the_cookie_is_kept_from_scripts_and_other_sites() -> None:
    assert set_cookie("value", NOW, secure=True) == (
        "__Host-incident-agent=value; Path=/; HttpOnly; SameSite=Strict; Expires=Sun, 22 Nov 2026 00:00:00 GMT; Secure"
    )
    assert set_cookie("", NOW, secure=False) == (
        "incident-agent=; Path=/; HttpOnly; SameSite=Strict; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    )
    assert cookie_name(secure=False) == "incident-agent"
