"""What does each route ask of whoever calls it?  Read off the routes themselves."""

from collections.abc import Iterable, Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Route

from agent.domain.base import Noun
from agent.entrypoints.dashboard.visitor import visitor


class Need(Noun):
    """One route, and what it takes."""

    method: str
    path: str
    takes: str
    """A scope; `session` for a page, whose steps ask for what the same steps ask for in the API; or `open`."""


def needs(routes: Iterable[BaseRoute]) -> list[Need]:
    """Of every route, sorted by path."""
    return sorted(_of(routes), key=lambda need: (need.path, need.method))


def _of(routes: Iterable[BaseRoute]) -> Iterator[Need]:
    for found in iter_route_contexts(list(routes)):
        route = found.original_route
        if isinstance(route, Route):
            takes = _takes(route.dependant) if isinstance(route, APIRoute) else _plain(route.path)
            for method in sorted(route.methods or ()):
                yield Need(method=method, path=found.path or route.path, takes=takes)


def _takes(dependant: Dependant) -> str:
    for one in dependant.dependencies:
        name = getattr(one.call, "__name__", "")
        if one.call is visitor:
            return "session"
        if name.startswith("needs "):
            return name.removeprefix("needs ")
    return "open"


def _plain(path: str) -> str:
    """Webhooks are plain routes that ask for `ingest` themselves; what is not one is open to whoever signs."""
    return "ingest" if path.startswith("/webhooks/") else "open"
