"""What is next to a component?  Who calls it and whom it calls, its other parts, and where it runs."""

from collections.abc import Iterator
from typing import NamedTuple

from tools.base import Topology

_PART = ("instance", "pod", "container", "replica")
_PLACE = ("host", "node", "vm", "machine")


class Nearby(NamedTuple):
    """A place at a component or next to it."""

    place: str
    words: str
    """The edge between the two."""
    same: bool
    """It is the component itself, or what it is a part of."""


class Surroundings:
    """A topology, made ready to be asked for each alert.

    A part (an instance, a pod) is next to whatever its whole is next to: an alert names now the one, now the other.
    """

    def __init__(self, topology: Topology | None) -> None:
        self._whole: dict[str, str] = {}
        self._next: dict[str, dict[str, str]] = {}
        edges = sorted(topology.edges) if topology else []
        self.known = {component for edge in edges for component in edge}
        """Components of which something is known; a bare node in the graph is not."""
        kinds = topology.kinds if topology else {}
        for one, other in edges:
            match _sort(kinds.get(one, "")), _sort(kinds.get(other, "")):
                case "place", _:
                    self._link(one, other, f"{other} runs on {one}")
                case _, "place":
                    self._link(one, other, f"{one} runs on {other}")
                case "part", "":
                    self._whole[one] = other
                case "", "part":
                    self._whole[other] = one
                case _:
                    self._link(one, other, f"{one} calls {other}")

    def whole(self, component: str) -> str:
        """What it is a part of; itself, when it is none."""
        return self._whole.get(component, component)

    def around(self, component: str) -> Iterator[Nearby]:
        """The component itself first, then its neighbours; nothing when nothing is known of it."""
        if component in self.known:
            yield Nearby(component, f"It is about {component}", same=True)
        whole = self.whole(component)
        if whole != component:
            yield Nearby(whole, f"{component} is a part of {whole}", same=True)
        for near in (whole, component) if whole != component else (component,):
            for place, words in self._next.get(near, {}).items():
                yield Nearby(place, words, same=False)

    def _link(self, one: str, other: str, words: str) -> None:
        self._next.setdefault(one, {})[other] = words
        self._next.setdefault(other, {})[one] = words


def _sort(kind: str) -> str:
    if kind.endswith(_PART):
        return "part"
    return "place" if kind.endswith(_PLACE) else ""
