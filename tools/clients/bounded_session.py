"""How does a `requests` client keep the house's limits?  A session: one origin, one deadline, bounded, no redirects."""

import io
import json
import time
from datetime import timedelta
from typing import Any

import requests

from tools.base import BackendError
from tools.clients.http import HEADERS, MAX_BODY, may_pass, quoted


class BoundedSession(requests.Session):
    """For a library that brings its own requests. Raises BackendError, in the back end's words, for every failure."""

    def __init__(self, deadline: timedelta, max_body: int = MAX_BODY) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.update(HEADERS)
        self._deadline = deadline.total_seconds()
        self._max_body = max_body

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **content: Any) -> requests.Response:
        ends = time.monotonic() + self._deadline
        content |= {"allow_redirects": False, "stream": True, "timeout": self._deadline}
        if method == "POST":
            content["data"] = content.pop("params", None)  # in the body, where length does not matter
        try:
            with super().request(method, url, *args, **content) as response:
                return _settled(response, self._body(response, ends))
        except requests.Timeout as error:
            raise BackendError(f"no complete answer within {self._deadline:g} s", retry=True) from error
        except requests.RequestException as error:
            raise BackendError(quoted(str(error)) or type(error).__name__, retry=True) from error

    def _body(self, response: requests.Response, ends: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > self._max_body:
                raise BackendError(f"the answer is larger than {self._max_body:,} bytes: ask for less")
            if time.monotonic() > ends:
                raise BackendError(f"no complete answer within {self._deadline:g} s", retry=True)
        return bytes(body)


def _settled(response: requests.Response, body: bytes) -> requests.Response:
    """The answer with its body read. Raises BackendError unless its status is a success."""
    if response.is_redirect:
        raise BackendError(f"HTTP {response.status_code}, a redirect: not followed")
    if response.status_code != requests.codes.ok:
        raise BackendError(f"HTTP {response.status_code}: {_words(body)}", retry=may_pass(response.status_code))
    settled = requests.Response()
    settled.status_code, settled.url, settled.headers = response.status_code, response.url, response.headers
    settled.encoding = response.encoding
    settled.raw = io.BytesIO(body)
    return settled


def _words(body: bytes) -> str:
    """What Prometheus itself says is wrong, or the beginning of the body."""
    try:
        found = json.loads(body)
        return quoted(f"{found['errorType']}: {found['error']}")
    except (ValueError, RecursionError, KeyError, TypeError):
        return quoted(body) or "with no explanation"
