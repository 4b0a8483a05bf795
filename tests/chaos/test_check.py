"""Does the checker see each kind of harm, and nothing where there is none?"""

from typing import Any

import pytest

from tests.chaos.check import Found, Seen, check

EFFECT = {"at": 20, "key": "k", "method": "POST", "path": "/services/cart/restart"}
YES = {"at": 10, "clicks": "approve", "approval": "ap", "keys": {"action": "k"}, "shown": "POST /services/cart/restart"}
NO_TAKEN = {"at": 30, "took": "deny", "approval": "ap"}
ACKED = {"at": 1, "acked": "rc", "accepted": 1}
ENDING: dict[str, Any] = {
    "fates": {"rc": [["incident", "inc"]]},
    "incidents": {"inc": "parked"},
    "effects": {"k": "done"},
    "approvals": {"ap": "spent"},
    "audit": {"entries": 9, "wrong": ""},
    "intents": ["k"],
    "placed": 1,
}


def seen(happened: list[Any] | None = None, people: list[Any] | None = None, **ending: Any) -> Seen:
    return Seen(
        effects=[EFFECT] if happened is None else happened,
        sent=[ACKED],
        clicks=[YES] if people is None else people,
        ending=ENDING | ending,
    )


def test_a_run_that_went_well_is_sound() -> None:
    assert not check(seen())


@pytest.mark.parametrize("fates", [{}, {"rc": []}, {"rc": [[None, None]]}, {"rc": [["incident", "another"]]}])
def test_an_accepted_alert_that_ended_nowhere_is_lost(fates: dict[str, Any]) -> None:
    assert len(check(seen(fates=fates)).lost) == 1


def test_an_effect_that_took_place_twice_is_found_by_its_key_and_by_what_it_was() -> None:
    assert check(seen(happened=[EFFECT, EFFECT])).duplicates == (
        "k took effect 2 times",
        "('POST', '/services/cart/restart') took effect 2 times",
    )


def test_a_sender_that_nobody_ever_answered_is_found() -> None:
    nobody = Seen(
        effects=[], sent=[{"at": 1, "failed": "ConnectionResetError"}], clicks=[], ending=ENDING | {"effects": {}}
    )
    assert check(nobody).broken == ("the sender never got its 2xx, however often it tried",)


def test_one_alert_in_two_incidents_is_a_duplicate() -> None:
    assert check(seen(incidents={"inc": "parked", "two": "parked"})).duplicates == ("one alert became 2 incidents",)


@pytest.mark.parametrize(
    "clicks",
    [
        [],
        [YES | {"clicks": "deny"}],
        [YES | {"at": 21}],
        [YES | {"keys": {"action": "another"}}],
        [YES | {"shown": "POST /services/web/restart"}],
    ],
    ids=["nobody asked", "a no", "a yes afterwards", "a yes to another call", "another thing was shown"],
)
def test_an_effect_without_a_yes_to_exactly_it_is_found(clicks: list[Any]) -> None:
    assert check(seen(people=clicks)) == Found((), (), ("nobody allowed POST /services/cart/restart under the key k",))


def test_an_effect_beside_a_no_that_was_taken_is_found() -> None:
    assert check(seen(people=[YES, NO_TAKEN])).broken == ("/services/cart/restart took effect although a no was taken",)


@pytest.mark.parametrize(
    "ending",
    [
        {"audit": {"entries": 9, "wrong": "entry 3"}},
        {"intents": []},
        {"placed": 0},
        {"incidents": {"inc": "verifying"}},
        {"effects": {"k": "intent"}},
        {"effects": {"k": "failed"}},
        {"effects": {"k": "done", "phantom": "done"}},
        {"approvals": {"ap": "approved"}},
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_broken(ending: dict[str, Any]) -> None:
    found = check(seen(**ending))
    assert (found.lost, found.duplicates, len(found.broken)) == ((), (), 1)
