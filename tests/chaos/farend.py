"""What does the world see?  An operations endpoint in a process of its own, with its own journal for each run.

It takes one connection after the other, in the order they came: what a killed agent had sent is carried out before the
next one can ask about it, however slow the machine is.
"""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tests.chaos.logs import Log

JOURNAL = "far-end.jsonl"
FORGETS = "forgets"
"""In a token: each call takes effect, also one with a known key. Who called can only read back."""


@contextmanager
def far_end(runs: Path) -> Iterator[int]:
    """Its port. The token of a call is the name of the run, a folder in `runs`."""
    server = _Server(("127.0.0.1", 0), _Wire)
    server.runs = runs
    if (child := os.fork()) == 0:
        try:
            server.serve_forever()
        finally:
            os._exit(0)
    port = server.server_address[1]
    server.server_close()
    try:
        yield port
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


class _Server(HTTPServer):
    request_queue_size = 128
    runs: Path

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is what this is about."""


class _Wire(BaseHTTPRequestHandler):
    server: _Server
    timeout = 20

    def do_GET(self) -> None:
        match self.path.split("/")[1:]:
            case ["services", name]:
                self._say(200, {"service": name, "version": "1", "pid": 1})
            case ["effects", key] if self._done(key):
                self._say(200, {"status": 200})
            case _:
                self._say(404, {})

    def do_POST(self) -> None:
        key = self.headers["Idempotency-Key"]
        if FORGETS in self._token() or not self._done(key):
            self._journal().add(key=key, method="POST", path=self.path)
        self._say(200, {"done": self.path})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Nothing: the journal is the log."""

    def _done(self, key: str) -> bool:
        return any(line["key"] == key for line in self._journal().lines())

    def _journal(self) -> Log:
        return Log(self.server.runs / self._token() / JOURNAL)

    def _token(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")

    def _say(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
