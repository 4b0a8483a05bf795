"""What holds while nobody has set up any keys?  Loopback only, and a key for whoever may read the data folder."""

from collections.abc import Collection
from ipaddress import ip_address
from pathlib import Path

from agent.domain.errors import Unauthenticated
from agent.identity import files
from agent.identity.keys import LOCAL_OPERATOR, Keys
from agent.identity.roles import Leave

FILE = "local-operator.key"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


async def local_operator(folder: Path, keys: Keys, *, others: bool = False) -> str | None:
    """The key for command line and page on this machine, from `local-operator.key`; made when it is missing.

    None, and the key is gone, once any other person has a key, or with `others` a way in without one.
    """
    path = folder / FILE
    if others or await _others(keys):
        await _withdraw(path, keys)
        return None
    if path.exists() and await _accepted(token := files.read(path), keys):
        return token
    minted = await keys.create_local_operator()
    files.write_over(path, minted.token)
    return minted.token


def may_listen(host: str, names: Collection[str]) -> Leave:
    """May it listen there?  `names`: whose keys are valid. Beyond this machine, only once somebody has a key."""
    if loopback(host):
        return Leave(allowed=True, reason=f"{host} is reached from this machine alone.")
    if set(names) - {LOCAL_OPERATOR}:
        return Leave(allowed=True, reason="Every request needs a key.")
    return Leave(
        allowed=False,
        reason=f"No keys are set up, so it listens on 127.0.0.1 alone, not on {host}: "
        "run `incident-agent keys create` first.",
    )


def may_use_local_key(peer: str, host_header: str | None) -> Leave:
    """May this request use the local operator's key?

    Only from this machine, and only under one of its own names: a page of another site that has its name resolve to
    127.0.0.1 (DNS rebinding) still sends that name as Host.
    """
    if not loopback(peer):
        return Leave(allowed=False, reason="The local operator's key is good on this machine alone.")
    if host_header is None or _without_port(host_header).casefold() not in _LOOPBACK:
        return Leave(allowed=False, reason="The Host header is not one of this machine's own: localhost or 127.0.0.1.")
    return Leave(allowed=True, reason="It comes from this machine.")


def loopback(host: str) -> bool:
    """Is it an address of this machine that no other can reach?  Names other than `localhost` are not trusted."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host.casefold() == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() and (":" not in name or name.endswith("]")) else host


async def _others(keys: Keys) -> bool:
    return any(key.kind == "person" and key.name != LOCAL_OPERATOR for key in await keys.valid())


async def _withdraw(path: Path, keys: Keys) -> None:
    for key in await keys.valid():
        if key.name == LOCAL_OPERATOR:
            await keys.revoke(key.id)
    files.remove(path)


async def _accepted(token: str, keys: Keys) -> bool:
    try:
        return (await keys.authenticate(token)).name == LOCAL_OPERATOR
    except Unauthenticated:
        return False
