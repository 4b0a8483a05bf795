"""While nobody has a key: who may come in, from where, and under which name?"""

from pathlib import Path

import pytest

from agent.domain.errors import Unauthenticated
from agent.identity.local import FILE, local_operator, loopback, may_listen, may_use_local_key
from tests.unit.agent.identity.in_memory import InMemoryKeys, keys_of


async def test_a_key_for_this_machine_is_made_once_and_kept_in_the_data_folder(tmp_path: Path) -> None:
    keys = keys_of()
    token = await local_operator(tmp_path, keys)
    assert token is not None
    assert await local_operator(tmp_path, keys) == token
    assert ((tmp_path / FILE).read_text(), (tmp_path / FILE).stat().st_mode & 0o777) == (token, 0o600)
    caller = await keys.authenticate(token)
    assert (caller.name, caller.kind, caller.may("approve:high"), caller.may("admin")) == (
        "local-operator",
        "person",
        True,
        True,
    )


@pytest.mark.parametrize("spoil", ["missing", "another's", "revoked"])
async def test_a_key_that_no_longer_opens_anything_is_made_anew_and_the_old_one_revoked(
    tmp_path: Path, spoil: str
) -> None:
    store = InMemoryKeys()
    keys = keys_of(store)
    first = await local_operator(tmp_path, keys)
    if spoil == "missing":
        (tmp_path / FILE).unlink()
    elif spoil == "another's":
        (tmp_path / FILE).write_text((await keys.create("ci", "machine", ["read"])).token)
    else:
        await keys.revoke(next(iter(store.rows)))
    second = await local_operator(tmp_path, keys)
    assert second is not None
    assert (await keys.authenticate(second)).name == "local-operator"
    with pytest.raises(Unauthenticated):
        await keys.authenticate(str(first))


async def test_it_stays_beside_machines_and_goes_when_a_person_has_a_key(tmp_path: Path) -> None:
    keys = keys_of()
    token = await local_operator(tmp_path, keys)
    await keys.create("alertmanager", "machine", ["ingest"])
    assert await local_operator(tmp_path, keys) == token
    await keys.create("ann", "person", ["admin"])
    assert (await local_operator(tmp_path, keys), list(tmp_path.iterdir())) == (None, [])
    with pytest.raises(Unauthenticated):
        await keys.authenticate(str(token))


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("LOCALHOST", True), ("::ffff:127.0.0.1", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False), ("localhost.evil.example", False), ("agent.example", False), ("", False),
    ],
)  # fmt: skip
def test_loopback_is_what_no_other_machine_can_reach(host: str, answer: bool) -> None:
    assert loopback(host) is answer


def test_beyond_this_machine_it_listens_only_once_somebody_has_a_key() -> None:
    assert may_listen("127.0.0.1", []).allowed
    assert may_listen("0.0.0.0", ["local-operator", "ann"]).allowed
    refused = may_listen("0.0.0.0", ["local-operator"])
    assert (refused.allowed, refused.reason) == (
        False,
        "No keys are set up, so it listens on 127.0.0.1 alone, not on 0.0.0.0: run `incident-agent keys create` first.",
    )


@pytest.mark.parametrize(
    ("peer", "host", "allowed"),
    [
        ("127.0.0.1", "localhost:8080", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "[::1]:8080", True),
        ("127.0.0.1", "LOCALHOST", True),
        ("127.0.0.1", "evil.example:8080", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "localhost:8080@evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", None, False),
        ("10.0.0.7", "localhost:8080", False),
    ],
)
def test_the_local_key_is_good_from_this_machine_under_its_own_names(
    peer: str, host: str | None, allowed: bool
) -> None:
    assert may_use_local_key(peer, host).allowed is allowed
