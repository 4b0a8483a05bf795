"""Can anything be sent to an address that nobody configured?  No client follows a redirect, wherever it is made."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import sources

_LIBRARIES = frozenset({"httpx2", "httpx", "aiohttp", "requests", "urllib3"})
_CLIENTS = frozenset({"AsyncClient", "Client", "ClientSession", "Session", "PoolManager"})
_OF_AIOHTTP = frozenset({"agent/notify/slack_api.py", "agent/entrypoints/slack/socket_mode.py"})
"""There it is said with each request; a WebSocket is never redirected."""
_SAID = {"follow_redirects", "allow_redirects"}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for source in sources("agent", "tools"):
        for node in ast.walk(ast.parse(source.text)):
            if isinstance(node, ast.Call):
                yield str(source.path), node


def _is_of_a_library(call: ast.Call) -> bool:
    made = call.func
    return (
        isinstance(made, ast.Attribute)
        and made.attr in _CLIENTS
        and isinstance(made.value, ast.Name)
        and made.value.id in _LIBRARIES
    )


@pytest.mark.attack("S51")
def test_every_client_is_told_not_to_follow_redirects() -> None:
    made = [(path, call) for path, call in _calls() if _is_of_a_library(call)]
    silent = {path for path, call in made if not _SAID & {one.arg for one in call.keywords}}
    assert len(made) >= 5
    assert {path for path in silent if not path.endswith(tuple(_OF_AIOHTTP))} == set()


@pytest.mark.attack("S51")
def test_nothing_says_that_a_redirect_may_be_followed() -> None:
    said = [
        (path, one.value)
        for path, call in _calls()
        for one in call.keywords
        if one.arg in _SAID and not (isinstance(one.value, ast.Constant) and one.value.value is False)
    ]
    assert said == []


@pytest.mark.attack("S51")
def test_no_other_way_out_is_used() -> None:
    ways = {"urlopen", "urlretrieve", "HTTPConnection", "HTTPSConnection", "create_connection"}
    used = {
        (path, name)
        for path, call in _calls()
        if (name := getattr(call.func, "attr", getattr(call.func, "id", ""))) in ways
    }
    assert used == set()
