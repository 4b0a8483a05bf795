"""Which known components does a text name? Whole names: `cart` is in `cart-7f9c8d-x27ab`, and not in `redis-cart`."""

import re
from collections.abc import Iterable, Iterator

_TOKEN = re.compile(r"[^\W_](?:[\w./:@-]*\w)?")
_PARTS = re.compile(r"[/:@.]")
_OF_A_POD = re.compile(r"(?:-[a-z0-9]{6,10})?-[a-z0-9]{5}$|-\d{1,3}$")
"""What Kubernetes hangs on a deployment's, or a stateful set's, name."""

ORDINARY = frozenset(
    (
        *("all", "api", "app", "application", "backend", "cache", "client", "cluster", "component", "container", "cpu"),
        *("data", "database", "db", "default", "deployment", "disk", "error", "errors", "failure", "health", "host"),
        *("instance", "internal", "io", "job", "latency", "load", "log", "logs", "main", "memory", "metric", "metrics"),
        *("namespace", "net", "network", "node", "other", "pod", "prod", "production", "proxy", "queue", "rate"),
        *("request", "requests", "root", "server", "service", "services", "state", "status", "storage", "system"),
        *("test", "time", "total", "traffic", "unknown", "version", "web", "worker"),
    )
)
"""Names that are also the words one speaks with: they bind nobody unless they are quoted."""


class Names:
    """The components that tools and analysis have shown to exist."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = {name.casefold(): name for name in known if len(name) > 1}

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.casefold() in self._known

    def meant(self, text: str) -> frozenset[str]:
        """The components a sentence speaks of, ordinary words left out."""
        return frozenset(name for name in self.within(text) if name.casefold() not in ORDINARY)

    def within(self, text: str) -> frozenset[str]:
        """Every component that stands in the text."""
        return frozenset(
            self._known[part] for token in tokens(text) for part in _readings(token) if part in self._known
        )


def tokens(text: str) -> Iterator[str]:
    """Words, identifiers, addresses: whatever stands between blanks, quotation marks and brackets."""
    return (found[0] for found in _TOKEN.finditer(text))


def _readings(token: str) -> Iterator[str]:
    """What a token may stand for: itself, a part of an address or a path, the owner of a pod."""
    for part in (token, *(_PARTS.split(token) if not token.isalnum() else ())):
        folded = part.casefold()
        yield folded
        yield _OF_A_POD.sub("", folded)
