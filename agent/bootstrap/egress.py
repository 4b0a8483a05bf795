"""May this process connect there?  Never to where clouds hand out credentials, whoever asks and whatever a name says.

Every client is made for one configured origin and follows no redirect; this is the last gate behind all of them. It
stands where Python opens a connection (PEP 578), and so sees the address that a name came to, also when the answer
has changed since it was looked at. Libraries that open theirs themselves, libpq and gRPC, pass it by.
"""

import errno
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from pydantic import BaseModel, SecretStr

from agent.config import Config
from agent.settings import Settings
from tools.clients.origin import Address, is_inner, meant

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_named: set[Address] = set()
"""Addresses of that kind that a configuration of this process has named itself."""
_gates: list[object] = []
"""The gate, once it stands: an audit hook cannot be taken away, and one is enough."""


def close_off(settings: Settings, config: Config) -> None:
    """From now on, for the whole process: link-local and metadata addresses only where the configuration names them.

    The environment's proxies are part of it.
    """
    told = _texts([settings, config, getproxies()])
    _named.update(address for text in told if (address := _host(text)) and is_inner(address))
    if not _gates:
        _gates.append(_gate)
        sys.addaudithook(_gate)


def _gate(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _EVENTS or not isinstance(arguments[1], tuple):
        return
    address = _address(str(arguments[1][0]).partition("%")[0])
    if address is not None and is_inner(address) and address not in _named:
        # An OSError, as every client expects when it cannot connect.
        raise PermissionError(errno.EACCES, f"{address} is where no endpoint may be, and no setting names it")


def _texts(value: object) -> Iterable[str]:
    """Every text of a configuration, however deep."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case str():
            yield value
        case BaseModel():
            for name in type(value).model_fields:
                yield from _texts(getattr(value, name, None))
        case dict():
            yield from _texts(list(value.values()))
        case list() | tuple():
            for one in value:
                yield from _texts(one)


def _host(text: str) -> Address | None:
    try:
        return _address(urlsplit(text).hostname or "")
    except ValueError:
        return None


def _address(text: str) -> Address | None:
    try:
        return meant(ip_address(text))
    except ValueError:
        return None
