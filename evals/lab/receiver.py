"""What did Alertmanager post, exactly, and when? A local receiver that keeps every body."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Post:
    """One webhook body as it came."""

    at: float
    """When it came, in seconds since the epoch."""
    text: str

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def group(self) -> str:
        return str(self.body["groupKey"])


class WebhookReceiver:
    """Listens on loopback; answers 202 to every post that carries the key, 401 to others."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._posts: list[Post] = []
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/alertmanager"

    @property
    def posts(self) -> list[Post]:
        return list(self._posts)

    def wait_for(self, wanted: Callable[[Post], bool], within_s: float) -> Post:
        """The first post that is wanted, already here or yet to come. TimeoutError when there is none in time."""
        end = time.monotonic() + within_s
        with self._arrived:
            while True:
                for post in self._posts:
                    if wanted(post):
                        return post
                if not self._arrived.wait(end - time.monotonic()):
                    raise TimeoutError(f"Alertmanager posted nothing of the kind within {within_s:.0f} s.")

    def __enter__(self) -> "WebhookReceiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _keep(self, text: str) -> None:
        with self._arrived:
            self._posts.append(Post(time.time(), text))
            self._arrived.notify_all()

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (`self` is the request's handler below)
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.headers.get("Authorization") != f"Bearer {receiver.key}":
                    self.send_error(401)
                    return
                receiver._keep(text)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The posts are kept; there is nothing else to say."""

        return Handler
