"""Is a key accepted when it is whole and valid, and refused alike in every other case?"""

import hmac
import inspect
import logging
from datetime import timedelta
from typing import Any

import pytest

from agent.domain.errors import Conflict, NotFound, Refused, Unauthenticated
from agent.domain.key import Kind, Scope
from agent.identity.credentials import KEY
from agent.identity.keys import LOCAL_OPERATOR, Keys
from agent.identity.roles import Caller
from tests.clocks import Clock
from tests.unit.agent.identity.in_memory import NOW, SECRET, InMemoryKeys, keys_of

REFUSED = "No valid key was sent; send `Authorization: Bearer <key>`, or the key as the password of basic auth."


async def test_a_key_is_accepted_as_what_it_was_made_for() -> None:
    keys = keys_of()
    minted = await keys.create("prometheus", "machine", ["read", "ingest"])
    assert await keys.authenticate(minted.token) == Caller(
        name="prometheus", kind="machine", scopes=frozenset({"ingest", "read"}), key=minted.key.id
    )


@pytest.mark.attack("S60")
async def test_only_a_keyed_hash_of_it_is_kept_and_it_is_shown_nowhere_else() -> None:
    store = InMemoryKeys()
    minted = await keys_of(store).create("ann", "person", ["read"])
    parts = KEY.fullmatch(minted.token)
    assert parts is not None
    (row,) = store.rows.values()
    kept = row.model_dump_json()
    assert (parts["id"] == row.id, parts["secret"] in kept, parts["secret"] in repr(minted)) == (True, False, False)
    assert row.digest == hmac.new(SECRET, minted.token.encode(), "sha256").hexdigest()
    assert (row.digest in repr(row), row.scopes, row.created_at) == (False, ("read",), NOW)


async def test_keys_are_drawn_by_chance() -> None:
    keys = keys_of()
    tokens = [(await keys.create(f"k{number}", "machine", ["read"])).token for number in range(50)]
    assert len({token[3:19] for token in tokens}) == len({token[20:] for token in tokens}) == 50


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda token: token[:-1],
        lambda token: token[:20],
        lambda token: token + "A",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token[:19] + "_" + "A" * 43,
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: "ia_" + "0" * 16 + token[19:],
        lambda token: token.upper(),
        lambda token: token.replace("_", "\uff3f", 1),
        lambda token: "",
        lambda token: "x" * 1_000_000,
        lambda token: "\ud800",
        lambda token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInNjb3BlcyI6WyJhZG1pbiJdfQ.",
    ],
    ids=[
        "truncated by one", "id alone", "longer", "newline", "blank", "id of one, secret of none", "last letter",
        "id of none", "upper case", "look-alike", "empty", "a megabyte", "surrogate", "JWT without signature",
    ],
)  # fmt: skip
@pytest.mark.attack("S60", "S33")
async def test_a_key_that_is_not_exactly_right_is_refused(spoilt: Any) -> None:
    keys = keys_of()
    minted = await keys.create("ann", "person", ["admin"])
    with pytest.raises(Unauthenticated) as refused:
        await keys.authenticate(spoilt(minted.token))
    assert str(refused.value) == REFUSED


@pytest.mark.attack("S60")
async def test_the_secret_of_one_key_does_not_open_the_id_of_another() -> None:
    keys = keys_of()
    ann, bob = await keys.create("ann", "person", ["read"]), await keys.create("bob", "person", ["admin"])
    with pytest.raises(Unauthenticated):
        await keys.authenticate(bob.token[:20] + ann.token[20:])


@pytest.mark.attack("S60")
async def test_two_keys_whose_ids_collide_never_share_a_row() -> None:
    store = InMemoryKeys()
    keys = Keys(store, SECRET, Clock(), random=bytes)
    first = await keys.create("ann", "person", ["read"])
    with pytest.raises(Conflict):
        await keys.create("bob", "person", ["admin"])
    assert (await keys.authenticate(first.token)).name == "ann"


async def test_another_root_secret_makes_every_key_worthless() -> None:
    store = InMemoryKeys()
    minted = await keys_of(store).create("ann", "person", ["read"])
    with pytest.raises(Unauthenticated):
        await Keys(store, b"another", Clock()).authenticate(minted.token)


async def test_a_revoked_key_is_refused_in_the_same_words_and_its_name_is_free_again() -> None:
    keys = keys_of()
    first = await keys.create("ann", "person", ["read"])
    await keys.revoke(first.key.id)
    with pytest.raises(Unauthenticated) as refused:
        await keys.authenticate(first.token)
    assert str(refused.value) == REFUSED
    with pytest.raises(Unauthenticated):
        await keys.holder(first.key.id)
    second = await keys.create("ann", "person", ["ask"])
    assert (await keys.authenticate(second.token)).scopes == {"ask"}
    assert [key.valid(NOW) for key in await keys.list()] == [False, True]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=3)])
async def test_a_clock_that_is_set_back_lets_nobody_in_whose_key_was_revoked(back: timedelta) -> None:
    clock = Clock()
    keys = keys_of(clock=clock)
    first = await keys.create("ann", "person", ["read"])
    await keys.revoke(first.key.id)
    clock.time -= back
    with pytest.raises(Unauthenticated):
        await keys.authenticate(first.token)
    with pytest.raises(Unauthenticated):
        await keys.holder(first.key.id)
    assert [key.revoked_at for key in await keys.list()] == [NOW]


async def test_while_a_key_is_replaced_two_are_valid_and_never_three() -> None:
    clock = Clock()
    keys = keys_of(clock=clock)
    first = await keys.create("alertmanager", "machine", ["ingest"])
    second = await keys.rotate(first.key.id)
    assert [(await keys.authenticate(one.token)).name for one in (first, second)] == ["alertmanager"] * 2
    third = await keys.rotate(second.key.id, overlap=timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        await keys.authenticate(first.token)
    clock.time += timedelta(minutes=59)
    assert [(await keys.authenticate(one.token)).scopes for one in (second, third)] == [{"ingest"}] * 2
    clock.time += timedelta(minutes=1)
    with pytest.raises(Unauthenticated):
        await keys.authenticate(second.token)
    assert (await keys.authenticate(third.token)).key == third.key.id
    with pytest.raises(Conflict):
        await keys.rotate(second.key.id)


async def test_a_revocation_is_not_put_off_by_a_rotation() -> None:
    clock = Clock()
    keys = keys_of(clock=clock)
    first = await keys.create("ann", "person", ["read"])
    await keys.rotate(first.key.id)
    await keys.revoke(first.key.id)
    with pytest.raises(Unauthenticated):
        await keys.authenticate(first.token)


@pytest.mark.parametrize(
    ("name", "kind", "scopes", "because"),
    [
        ("", "person", ["read"], "1 to 64"),
        ("Ann", "person", ["read"], "1 to 64"),
        ("a b", "person", ["read"], "1 to 64"),
        ("ann\n", "person", ["read"], "1 to 64"),
        ("a" * 65, "person", ["read"], "1 to 64"),
        ("agent", "person", ["read"], "agent has a meaning of its own in the journal"),
        (LOCAL_OPERATOR, "person", ["read"], "has a meaning of its own"),
        ("ann", "person", [], "A key without a scope opens nothing"),
        ("ann", "person", ["root"], "There is no scope root; there are: ingest, read, ask, approve:low"),
        ("ci", "machine", ["approve:low"], "cannot approve"),
        ("ci", "machine", ["read", "approve:high"], "cannot approve"),
        ("ci", "machine", ["admin"], "nor make a key that can"),
    ],
)
async def test_what_cannot_be_made_is_refused_with_the_reason(
    name: str, kind: Kind, scopes: list[Scope], because: str
) -> None:
    store = InMemoryKeys()
    with pytest.raises(Refused, match=because):
        await keys_of(store).create(name, kind, scopes)
    assert store.rows == {}


async def test_a_name_has_one_key_unless_it_is_replaced() -> None:
    keys = keys_of()
    await keys.create("ann", "person", ["read"])
    with pytest.raises(Conflict, match="ann has a valid key; rotate or revoke it"):
        await keys.create("ann", "person", ["admin"])


@pytest.mark.parametrize("method", ["revoke", "rotate"])
async def test_an_unknown_id_is_said(method: str) -> None:
    with pytest.raises(NotFound, match="There is no key with the id 00ff"):
        await getattr(keys_of(), method)("00ff")


async def test_the_last_use_is_written_once_a_minute_at_most() -> None:
    store, clock = InMemoryKeys(), Clock()
    keys = keys_of(store, clock)
    minted = await keys.create("prometheus", "machine", ["ingest"])
    for _ in range(90):
        await keys.authenticate(minted.token)
        clock.time += timedelta(seconds=1)
    assert (store.touched, store.rows[minted.key.id].last_used_at) == (2, NOW + timedelta(minutes=1))


@pytest.mark.attack("S33", "S60")
async def test_every_answer_takes_one_comparison_in_constant_time() -> None:
    compared: list[tuple[str, str]] = []

    def recording(one: str, other: str) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    keys = Keys(InMemoryKeys(), SECRET, Clock(), equal=recording)
    minted = await keys.create("ann", "person", ["read"])
    await keys.authenticate(minted.token)
    await keys.revoke(minted.key.id)
    for token in (minted.token, "ia_" + "0" * 16 + "_" + "A" * 43, "nonsense", ""):
        with pytest.raises(Unauthenticated):
            await keys.authenticate(token)
    assert [(len(one), len(other)) for one, other in compared] == [(64, 64)] * 5
    assert inspect.signature(Keys).parameters["equal"].default is hmac.compare_digest


@pytest.mark.attack("S60")
async def test_no_key_is_ever_logged_or_in_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keys = keys_of()
    minted = await keys.create("ann", "person", ["read"])
    await keys.authenticate(minted.token)
    with pytest.raises(Unauthenticated) as refused:
        await keys.authenticate(minted.token[:-1])
    assert (minted.token[20:40] in caplog.text, minted.token[20:40] in str(refused.getrepr(style="long"))) == (
        False,
        False,
    )


async def test_a_key_hashed_with_the_secret_before_opens_and_is_hashed_anew() -> None:
    store = InMemoryKeys()
    minted = await keys_of(store).create("ada", "person", ["read"])
    replaced = Keys(store, b"another", Clock(), former=SECRET)
    assert (await replaced.authenticate(minted.token)).name == "ada"
    assert (await Keys(store, b"another", Clock()).authenticate(minted.token)).name == "ada"
    with pytest.raises(Unauthenticated):
        await keys_of(store).authenticate(minted.token)
