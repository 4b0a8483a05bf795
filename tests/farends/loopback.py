"""A real HTTP server on loopback that behaves until it is told otherwise.

Each request is answered by `answer`; a planned misbehaviour meets the next request of its method. Whoever subclasses
keeps a journal of the effects that took place here, which is what a test believes.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.farends.answers import (
    Answer,
    CutAfter,
    CutBefore,
    DoneBut,
    Drip,
    Endless,
    Instead,
    Late,
    Misbehaviour,
)


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    """Decoded; `raw_path` is as it was sent."""
    raw_path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> Mapping[str, list[str]]:
        """The fields of a form that was posted."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    def one(self, name: str, otherwise: str = "") -> str:
        """The query parameter's first value."""
        return self.query.get(name, [otherwise])[0]


class FarEnd:
    """A far end on a free port of 127.0.0.1, from `with` to the end of it."""

    def __init__(self, *, record: Path | None = None) -> None:
        """`record`: a file that gets each line of the journal too, for a checker in another process."""
        self.asked: list[Asked] = []
        """Every request, whatever came of it."""
        self.journal: list[dict[str, Any]] = []
        """The effects that took place, in their order."""
        self.lock = threading.RLock()
        self._record = record
        self._planned: list[tuple[str, str, Misbehaviour]] = []
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def answer(self, asked: Asked) -> Answer:
        """What a well-behaved far end does and says. Called with the lock held."""
        raise NotImplementedError

    def plan(self, misbehaviour: Misbehaviour, method: str = "", times: int = 1, path: str = "") -> None:
        """The next requests of the method (empty: of any), below `path`, meet it."""
        with self.lock:
            self._planned += [(method, path, misbehaviour)] * times

    def behave(self) -> None:
        """From now on; what was planned is forgotten."""
        with self.lock:
            self._planned.clear()

    def took_effect(self, **what: Any) -> None:
        self.journal.append(what)
        if self._record:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(what) + "\n")

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, asked: Asked, wire: "_Wire") -> None:
        with self.lock:
            self.asked.append(asked)
            misbehaviour = self._next(asked.method, asked.path)
        match misbehaviour:
            case CutBefore():
                wire.cut()
            case Instead(answer):
                wire.send(answer)
            case CutAfter():
                self._done(asked)
                wire.cut()
            case DoneBut(answer):
                self._done(asked)
                wire.send(answer)
            case Late(seconds):
                answer = self._done(asked)
                self._closing.wait(seconds)
                wire.send(answer)
            case Drip(every):
                wire.send(self._done(asked), every, self._closing)
            case Endless():
                self._done(asked)
                wire.flood(self._closing)
            case None:
                wire.send(self._done(asked))

    def _done(self, asked: Asked) -> Answer:
        with self.lock:
            return self.answer(asked)

    def _next(self, method: str, path: str) -> Misbehaviour | None:
        for place, (wanted, below, misbehaviour) in enumerate(self._planned):
            if wanted in {"", method} and path.startswith(below):
                del self._planned[place]
                return misbehaviour
        return None


class Saying(FarEnd):
    """It answers everything with what it says, which may be changed."""

    def __init__(self, says: Answer) -> None:
        super().__init__()
        self.says = says

    def answer(self, asked: Asked) -> Answer:
        return self.says


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # They are waited for, so that no socket is left open when a test ends.
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some of the tests are about."""


class _Wire(BaseHTTPRequestHandler):
    """One connection, one request."""

    protocol_version = "HTTP/1.1"
    timeout = 5
    far_end: FarEnd

    def serve(self) -> None:
        self.close_connection = True
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=unquote(parts.path),
            raw_path=self.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        self.far_end.serve(asked, self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 (http.server looks for these names)

    def send(self, answer: Answer, drip: float = 0, closing: threading.Event | None = None) -> None:
        body, kind = _written(answer.body)
        self.send_response(answer.status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not drip:
            self.wfile.write(body)
            return
        for byte in body:
            if closing and closing.wait(drip):
                return
            self.wfile.write(bytes([byte]))

    def flood(self, closing: threading.Event) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        with suppress(OSError):
            while not closing.is_set():
                self.wfile.write(b" " * 65_536)

    def cut(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the signature of http.server)
        """The journal says what happened."""


def _handler(far_end: FarEnd) -> type[_Wire]:
    return type("Wire", (_Wire,), {"far_end": far_end})


def _written(body: Any) -> tuple[bytes, str]:
    match body:
        case None:
            return b"", "application/json"
        case bytes():
            return body, "application/octet-stream"
        case str():
            return body.encode(), "text/plain; charset=utf-8"
        case _:
            return json.dumps(body).encode(), "application/json"
