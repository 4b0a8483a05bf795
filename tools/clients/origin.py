"""Which address is a configured origin, and may it be called?  Resolved, judged and kept for the one call.

The host comes from the configuration alone. Its name is resolved here, each address it has is judged, and the
connection is made to the address that was judged, so that a name whose answer changes between the look and the call
(DNS rebinding) gains nothing.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from tools.base import BackendError
from tools.wording import in_url

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""(host name, port) -> its addresses. Raises OSError when it has none."""

METADATA = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
        ),
    )
)
"""Where clouds hand out credentials to whoever asks from inside."""
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")

_PATH = re.compile(r"(?:/[A-Za-z0-9_.~:@-]+)*")
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port, and the path below which everything lies."""

    scheme: str
    host: str
    port: int
    base: str

    @property
    def authority(self) -> str:
        """As it stands in the Host header."""
        shown = in_url(self.host)
        usual = {"http": 80, "https": 443}[self.scheme]
        return shown if self.port == usual else f"{shown}:{self.port}"

    def url(self, path: str) -> str:
        """For people: the address as it is configured."""
        return f"{self.scheme}://{self.authority}{self.base}{path}"

    def url_at(self, address: Address, path: str) -> str:
        """For the connection: the judged address in place of the name."""
        return f"{self.scheme}://{in_url(str(address))}:{self.port}{self.base}{path}"


def origin_of(url: str) -> Origin:
    """The origin a configured URL names. BackendError when it is not one that can be called."""
    try:
        parts = urlsplit(url.rstrip("/"))
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError as error:
        raise BackendError(f"{url!a} is not an address: {error}.") from error
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"}:
        raise BackendError(f"{url!a} must begin with http:// or https://.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise BackendError(f"{parts.scheme}://{host}: an endpoint's address holds neither user nor query nor fragment.")
    if not is_path(parts.path) or not _is_host(host):
        raise BackendError(f"{url!a} names no host and path that can be called.")
    return Origin(parts.scheme, host, port, parts.path)


def is_path(path: str) -> bool:
    """Segments of plain characters: nothing encoded, nothing empty, no dots that climb, no query."""
    return _PATH.fullmatch(path) is not None and not {".", ".."} & set(path.split("/"))


async def judged_address(origin: Origin, resolve: Resolve | None = None) -> Address:
    """The address to connect to. BackendError when the host has none, or one that it may not have."""
    literal = _literal(origin.host)
    if literal is not None:
        return _judged(origin, literal, named=True)
    try:
        found = await (resolve or _system_resolver)(origin.host, origin.port)
    except OSError as error:
        raise BackendError(f"{origin.host} cannot be resolved: {error.strerror or error}.", retry=True) from error
    addresses = [_judged(origin, ip_address(text), named=_is_local_name(origin.host)) for text in found]
    if not addresses:
        raise BackendError(f"{origin.host} has no address.", retry=True)
    return addresses[0]


def meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for: mapped, compatible, 6to4 or NAT64 (RFC 4291, 3056, 6052)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_inner(address: Address) -> bool:
    """Is it where no endpoint may be: link-local, or where credentials are handed out?"""
    inner = meant(address)
    return inner in METADATA or inner.is_link_local


def _is_host(host: str) -> bool:
    """A name or a plain address: not `0x7f.1`, `2130706433` and the other ways of writing one."""
    return _literal(host) is not None or _NAME.fullmatch(host) is not None


def _literal(host: str) -> Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and (address.ipv4_mapped or address.scope_id) else address


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _judged(origin: Origin, address: Address, *, named: bool) -> Address:
    """`named`: the configuration itself names this machine, so that loopback is meant."""
    inner = meant(address)
    if is_inner(address) or inner.is_multicast or inner.is_unspecified:
        raise BackendError(f"{origin.host} is at {address}, where no endpoint may be.")
    if inner.is_loopback and not named:
        raise BackendError(f"{origin.host} is at {address}, this machine; the configuration names another.")
    return address


async def _system_resolver(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
