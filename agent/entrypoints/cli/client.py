"""How does a command talk to the running agent?  Over its REST interface, with one key, like everybody else."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from agent.domain.errors import AgentError, NotAllowed, NotFound, Unauthenticated
from tools.wording import in_url

if TYPE_CHECKING:
    import httpx2

    from agent.settings import Settings


_PATIENCE = 180
"""Seconds for one answer: a question to a model takes its time."""


class Unreachable(AgentError):
    """No incident-agent answers; start one with `incident-agent serve`, or set AGENT_URL."""


class Client:
    """Use it in a `with` block."""

    def __init__(self, url: str, key: str) -> None:
        import httpx2

        self._url = url
        headers = {"User-Agent": "incident-agent-cli", "Authorization": f"Bearer {key}"} if key else {}
        # A redirect would carry the key to wherever it points.
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=_PATIENCE, follow_redirects=False)

    @classmethod
    def of(cls, settings: "Settings") -> "Client":
        """The agent and the key that the settings name, or the one on this machine."""
        key = settings.key.get_secret_value() if settings.key else _operator_key(settings.data)
        return cls(settings.url or f"http://{_reachable(settings.host)}:{settings.port}", key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """What the agent answers, as JSON. Raises the AgentError its problem document speaks of."""
        return self._send("GET", path, params={name: value for name, value in query.items() if value != ""})

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        return self._send("POST", path, json=dict(body or {}))

    def post_mcp(self, message: object) -> Any:
        """One message of the Model Context Protocol; None when there is no answer to it."""
        return self._send("POST", "/mcp", json=message, headers={"Accept": "application/json, text/event-stream"})

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path)

    def lines(self, path: str) -> Iterator[str]:
        """What the agent sends for as long as it is listened to, line by line."""
        import httpx2

        headers = {"Accept": "text/event-stream"}
        try:
            # Silence is no end: the agent sends a comment now and then.
            with self._http.stream("GET", path, headers=headers, timeout=_PATIENCE) as response:
                if not response.is_success:
                    response.read()
                    raise _refusal(response)
                yield from response.iter_lines()
        except httpx2.TransportError as error:
            raise Unreachable(f"The line to {self._url} broke off ({_because(error)}).") from error

    def _send(self, method: str, path: str, **what: Any) -> Any:
        import httpx2

        # An id is what somebody typed: it must not become a query, or another door.
        if not {"", ".", ".."}.isdisjoint(path.split("/")[1:]):
            raise NotFound("There is nothing with this id.")
        try:
            response = self._http.request(method, quote(path), **what)
        except httpx2.TransportError as error:
            raise Unreachable(
                f"No incident-agent answers at {self._url} ({_because(error)}). "
                "Start one with `incident-agent serve`, or set AGENT_URL."
            ) from error
        if not response.is_success:
            raise _refusal(response)
        return response.json() if response.content else None


def _because(error: Exception) -> str:
    """Without the number that the system gives it."""
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__


def _refusal(response: "httpx2.Response") -> AgentError:
    """The error a problem document (RFC 9457) stands for."""
    if response.status_code == 401:
        # What the agent says is for who writes requests by hand.
        return Unauthenticated(
            "The agent does not know the key that was shown. Set AGENT_KEY to one that it knows; "
            "`incident-agent keys create` on its machine makes one."
        )
    try:
        problem = response.json()
        detail = str(problem.get("detail") or problem.get("title") or "")
    except (ValueError, AttributeError):
        detail = ""
    kind = {403: NotAllowed, 404: NotFound}.get(response.status_code, AgentError)
    return kind(detail or f"The agent answered {response.status_code} to {response.request.url.path}.")


def _operator_key(data: Path) -> str:
    from agent.identity import files
    from agent.identity.local import FILE

    return files.read(data / FILE) if (data / FILE).exists() else ""


def _reachable(host: str) -> str:
    """An address to call for an address to listen on."""
    return in_url({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host))  # noqa: S104 (recognised, never bound)
