"""Is a JSON web token taken when it is whole and meant for us, and refused alike in every other case?"""

from datetime import timedelta
from typing import Any

import pytest

from agent.domain.errors import ConfigurationError, Unauthenticated
from agent.domain.rules import Person
from agent.identity import tokens
from agent.identity.roles import Caller
from agent.identity.signers import signers
from agent.identity.tokens import Tokens, came_by_token, is_token, token_ended
from tests.clocks import Clock
from tests.farends.issuer import AUDIENCE, NAME, Issuer, broken
from tests.unit.agent.identity.in_memory import NOW

ANN = Person(subject="ann@example.org", scopes=("read", "approve:low", "approve:high"))
ISSUER = Issuer()
BROKEN = broken(ISSUER, NOW)
UNUSABLE: list[Any] = [None, 7, {"read": 1}, "admin", [[]]]
"""What a claim with scopes may say, too: none of ann's."""


@pytest.fixture
def known(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    return _tokens({"ann": ANN}, tmp_path_factory)


def _tokens(people: dict[str, Person], folders: pytest.TempPathFactory) -> Tokens:
    keys = signers(ISSUER.write_jwks(folders.mktemp("keys")), "RS256")
    return Tokens(tokens.Issuer(algorithm="RS256", keys=keys, name=NAME, audience=AUDIENCE), people, Clock())


def test_it_gives_the_scopes_that_both_token_and_configuration_name(known: Tokens) -> None:
    ends = int((NOW + timedelta(minutes=5)).timestamp())
    ann = Caller(name="ann", kind="person", scopes=frozenset({"read", "approve:high"}), key=f"jwt:{ends}")
    assert known.caller(ISSUER.token(NOW)) == ann
    assert known.caller(ISSUER.token(NOW, {"kid": "2026-11"}, aud=["x", AUDIENCE])) == ann
    assert known.caller(ISSUER.token(NOW, scope=["approve:high", "read", "admin"])) == ann
    assert [known.caller(ISSUER.token(NOW, scope=said)).scopes for said in UNUSABLE] == [frozenset()] * 5


@pytest.mark.attack("S62")
def test_whose_incidents_they_see_says_the_configuration_and_no_token(tmp_path_factory: pytest.TempPathFactory) -> None:
    limited = _tokens({"ann": ANN.model_copy(update={"teams": ("shop",)})}, tmp_path_factory)
    assert limited.caller(ISSUER.token(NOW, teams=["bank"])).teams == frozenset({"shop"})


@pytest.mark.attack("S59")
@pytest.mark.parametrize("wrong", list(BROKEN))
def test_every_broken_one_is_refused_in_the_same_words(known: Tokens, wrong: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        known.caller(BROKEN[wrong])
    assert str(refused.value) == str(Unauthenticated())


def test_it_is_good_from_its_beginning_to_its_end_and_the_issuers_clock_may_be_a_little_ahead(known: Tokens) -> None:
    soon, begins = NOW + timedelta(seconds=1), NOW + tokens.SKEW
    assert known.caller(ISSUER.token(NOW, exp=int(soon.timestamp()), nbf=int(begins.timestamp()))).name == "ann"
    with pytest.raises(Unauthenticated):
        known.caller(ISSUER.token(NOW, nbf=int(begins.timestamp()) + 1))


def test_a_name_with_a_meaning_of_its_own_or_a_subject_twice_is_refused_at_the_start(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for people, sentence in [
        ({"policy": ANN}, "policy has a meaning of its own"),
        ({"local-operator": ANN}, "local-operator has a meaning of its own"),
        ({"Ann Smith": ANN}, "A name has 1 to 64"),
        ({"ann": ANN, "bob": ANN}, "the same subject"),
    ]:
        with pytest.raises(ConfigurationError, match=sentence):
            _tokens(people, tmp_path_factory)


def test_what_stands_for_the_key_tells_when_the_token_ended() -> None:
    ends = int(NOW.timestamp())
    before = NOW - timedelta(seconds=1)
    assert [token_ended(f"jwt:{ends}", at) for at in (before, NOW)] == [False, True]
    assert [token_ended(key, before) for key in ("jwt:", "jwt:x", "jwt:-1", f"jwt:{'9' * 30}")] == [True] * 4
    assert [came_by_token(key) for key in ("jwt:1", "", "0123456789abcdef")] == [True, False, False]
    assert [is_token(shown) for shown in ("a.b.c", "ia_0_a", "a.b")] == [True, False, False]
