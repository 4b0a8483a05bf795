"""A real Redis on a loopback port, in a folder of its own, that can be killed, wiped and started again."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.farends.ports import free_port

PATIENCE = 30.0
HOW = "apt-get install redis-server"


class RedisServer:
    """`redis-server` or `valkey-server`, without persistence: what it forgets is part of the tests."""

    def __init__(self, program: str, folder: Path, options: tuple[str, ...] = (), url: str = "") -> None:
        self.port = free_port()
        self.url = (url or "redis://127.0.0.1:{port}/0").format(port=self.port)
        listen = () if "--tls-port" in options else ("--port", str(self.port))
        given = [part.format(port=self.port) for part in options]
        self._command = [program, "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", *listen, *given]
        self._kept = folder / "dump.rdb"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._kept.unlink(missing_ok=True)
        process = self._begin()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(RedisError), self.client() as client:
                client.ping()
                return
            assert process.poll() is None, "it did not start"
            time.sleep(0.02)
        raise AssertionError("it did not start in time")

    def kill(self) -> None:
        """As by the machine's power: everything it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=PATIENCE)
            self._process = None

    def load(self) -> None:
        """It dies and comes back with what it holds now, and answers -LOADING to everybody for some 2 s."""
        with self.client() as client:
            client.mset({f"{{ballast}}:{number}": "x" * 100 for number in range(2000)})
            client.save()
        self.kill()
        # A millisecond for each key, and an eye on who asks meanwhile.
        self._begin("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")

    def _begin(self, *more: str) -> "subprocess.Popen[bytes]":
        command = [*self._command, *more]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self._process

    def hang(self) -> None:
        """It keeps its connections and answers nothing, until it is killed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def client(self) -> Redis:
        return Redis.from_url(self.url, decode_responses=True, socket_timeout=10)


@contextmanager
def redis_server(program: str, options: tuple[str, ...] = (), url: str = "") -> Iterator[RedisServer]:
    """Running; gone at the end. `{port}` in options and address is its port."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    server = RedisServer(program, folder, options, url)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
