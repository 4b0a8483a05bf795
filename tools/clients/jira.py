"""What does Jira say?  The `jira` library, made safe to wait for, and JQL in which a value is only ever a value.

It is built at the first call, asks on threads of its own within a deadline, follows no redirect, retries nothing and
reads answers up to a size. It asks the server once whether it is Cloud, whose search has an address of its own.
"""

import io
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tools.base import BackendError
from tools.clients.http import quoted as shown
from tools.clients.outcome import Answered, Unanswered
from tools.clients.threads import NotBegun, Threads

MAX_BODY = 8 * 1024 * 1024
"""Bytes of one answer."""
MAX_WORDS = 8
"""Words of a search; more only narrow it to nothing."""

FIELDS = ("summary", "status", "resolution", "created", "updated", "labels", "description", "comment")
"""What is asked for of each ticket found."""

T = TypeVar("T")


@dataclass(frozen=True)
class Ticket:
    """A ticket as the search shows it. Everything people write into it is untrusted text."""

    key: str
    summary: str
    status: str
    resolution: str
    """Empty while it is open."""
    created_at: datetime
    updated_at: datetime
    labels: tuple[str, ...]
    description: str
    last_comment: str


class Jira:
    """One Jira: Cloud with user (e-mail) and token, Data Center with a personal access token alone."""

    def __init__(
        self, url: str, *, user: str = "", token: str = "", deadline: timedelta = timedelta(seconds=10)
    ) -> None:
        self.url = url.rstrip("/")
        self._user = user
        self._token = token
        self._deadline = deadline
        self._threads = Threads(limit=4)
        self._building = threading.Lock()
        self._client: Any = None

    async def search(self, jql: str, limit: int) -> list[Ticket]:
        """The tickets that match, at most `limit`, in the query's own order."""
        return await self.call(
            f"search {jql}", lambda client: [_ticket(issue) for issue in _found(client, jql, limit, FIELDS)]
        )

    async def keys(self, jql: str, limit: int) -> list[str]:
        """As `search`, the keys alone."""
        return await self.call(
            f"search {jql}", lambda client: [str(issue["key"]) for issue in _found(client, jql, limit, ("summary",))]
        )

    async def call(self, what: str, function: Callable[[Any], T]) -> T:
        """What the function makes of the library's client. Answered, Unanswered or, if never sent, BackendError."""
        client = await self._reached(what)
        return await self._within_deadline(what, lambda: function(client))

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _reached(self, what: str) -> Any:
        """The library's client. Whatever goes wrong here, nothing of what was wanted has been sent."""
        try:
            return self._client or await self._within_deadline(what, self._built)
        except (Answered, Unanswered) as error:
            raise BackendError(str(error), retry=error.retry) from error

    async def _within_deadline(self, what: str, function: Callable[[], T]) -> T:
        seconds = self._deadline.total_seconds()
        try:
            return await self._threads.run(lambda: _translated(what, function), self._deadline)
        except NotBegun as error:
            raise BackendError(f"Jira, {what}: too much is asked at once; it was not sent.", retry=True) from error
        except TimeoutError as error:
            raise Unanswered(f"Jira, {what}: no complete answer within {seconds:g} s.") from error

    def _built(self) -> Any:
        with self._building:
            if self._client is None:
                self._client = self._connected()
            return self._client

    def _connected(self) -> Any:
        import jira

        credentials: dict[str, Any] = {"basic_auth": (self._user, self._token)} if self._user else {}
        if self._token and not self._user:
            credentials = {"token_auth": self._token}
        seconds = self._deadline.total_seconds()
        client = jira.JIRA(
            server=self.url, get_server_info=False, max_retries=0, timeout=(min(seconds, 3), seconds), **credentials
        )
        session = client._session  # noqa: SLF001 (the library has no other way to bound what an answer may do)
        session.max_redirects = 0
        session.mount(self.url, _bounded_adapter(seconds))
        client.deploymentType = client.server_info().get("deploymentType")
        return client


def quoted(value: str) -> str:
    """The value as a JQL string: whatever it holds, it stays one value."""
    plain = "".join(character if character.isprintable() else " " for character in value)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def text_contains(text: str) -> str:
    """JQL for tickets that hold every word of the text; empty when it has none.

    Only letters and digits are kept: all else is an operator of the text search, or may become one.
    """
    words = re.findall(r"[^\W_]+", text.lower())[:MAX_WORDS]
    return f"text ~ {quoted(' '.join(words))}" if words else ""


def text_contains_any(text: str) -> str:
    """JQL for tickets that hold any word of the text; empty when it has none."""
    words = dict.fromkeys(re.findall(r"[^\W_]{2,}", text.lower()))
    return " OR ".join(f"text ~ {quoted(word)}" for word in list(words)[:MAX_WORDS])


def _found(client: Any, jql: str, limit: int, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Fields as one text with commas, the form that every Jira reads."""
    issues: list[dict[str, Any]] = client.search_issues(
        jql, maxResults=limit, fields=[",".join(fields)], json_result=True
    )["issues"]
    return issues


def _translated(what: str, function: Callable[[], T]) -> T:
    """The function's result, or what it raised in our words."""
    from jira.exceptions import JIRAError
    from requests import exceptions

    try:
        return function()
    except JIRAError as error:
        raise _refusal(what, error.status_code, error.text) from error
    except (exceptions.ConnectTimeout, exceptions.SSLError, exceptions.ProxyError) as error:
        raise BackendError(f"Jira, {what}: no connection: {shown(str(error))}.", retry=True) from error
    except exceptions.TooManyRedirects as error:
        raise Unanswered(f"Jira, {what}: it answered with a redirect, which is not followed.") from error
    except exceptions.RequestException as error:
        if _never_connected(error):
            raise BackendError(f"Jira, {what}: no connection: {shown(str(error))}.", retry=True) from error
        raise Unanswered(f"Jira, {what}: {shown(str(error))}.") from error
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        # The library takes the shape of an answer for granted.
        raise Unanswered(f"Jira, {what}: the answer is not what Jira would say: {shown(repr(error))}.") from error


def _ticket(issue: dict[str, Any]) -> Ticket:
    fields = issue["fields"]
    comments = (fields.get("comment") or {}).get("comments") or [{}]
    return Ticket(
        key=issue["key"],
        summary=fields.get("summary") or "",
        status=(fields.get("status") or {}).get("name", ""),
        resolution=(fields.get("resolution") or {}).get("name", ""),
        created_at=_time(fields["created"]),
        updated_at=_time(fields["updated"]),
        labels=tuple(fields.get("labels") or ()),
        description=fields.get("description") or "",
        last_comment=comments[-1].get("body") or "",
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _refusal(what: str, status: int | None, said: str | None) -> BackendError:
    message = f"Jira, {what}: HTTP {status}: {shown(said or '') or 'with no explanation'}"
    if not status:
        return Unanswered(message)
    return Answered(message, status, retry=status == 429 or status >= 500)


def _never_connected(error: Exception) -> bool:
    from urllib3.exceptions import NewConnectionError

    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", None), NewConnectionError)


def _bounded_adapter(seconds: float) -> Any:
    """A transport that reads an answer's body up to a size and a time: the library alone would read for ever."""
    from requests.adapters import HTTPAdapter

    class Bounded(HTTPAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            response = super().send(request, *args, **kwargs)
            response.raw = io.BytesIO(_body(response.raw, time.monotonic() + seconds))
            return response

    return Bounded()


def _body(raw: Any, until: float) -> bytes:
    from requests.exceptions import ChunkedEncodingError
    from urllib3.exceptions import HTTPError

    body = bytearray()
    try:
        while chunk := raw.read1(16384, decode_content=True):
            body += chunk
            if len(body) > MAX_BODY or time.monotonic() > until:
                raise ChunkedEncodingError("the answer is too large or does not end")
    except HTTPError as error:
        raise ChunkedEncodingError(str(error)) from error
    finally:
        raw.release_conn()
        raw.close()
    return bytes(body)
