"""A third-party server that can reach nothing: in a network namespace of its own, behind a Unix socket.

    with sealed(["server", "--port", "9200"], 9200) as address:
        ...  # http://127.0.0.1:<port>

Where namespaces are not to be had, it listens on loopback as it is.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


@contextmanager
def sealed(command: Sequence[str], port: int) -> Iterator[str]:
    """The address under which the server that `command` starts on `port` is reached, once it answers."""
    with tempfile.TemporaryDirectory(prefix="sealed-") as name:
        if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode != 0:
            with _started(command, Path(name)) as running:
                yield _answering(f"http://127.0.0.1:{port}", running)
            return
        path = Path(name) / "socket"
        inside = ["unshare", "-n", sys.executable, "-m", "tests.farends.sealed", str(path), str(port), *command]
        with _started(inside, Path(name)) as running, _relay(path) as outside:
            yield _answering(f"http://127.0.0.1:{outside}", running)


@contextmanager
def _started(command: Sequence[str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        running = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    try:
        yield running
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        assert running.stdin is not None
        running.stdin.close()
        running.wait(timeout=20)


def _answering(address: str, running: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return address
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"no answer from {address}")


@contextmanager
def _relay(path: Path) -> Iterator[int]:
    """A loopback port whose connections end at the Unix socket."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as inner:
                try:
                    inner.connect(str(path))
                except OSError:
                    return
                there = threading.Thread(target=_copy, args=(self.request, inner), daemon=True)
                there.start()
                _copy(inner, self.request)
                there.join(5)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


# Inside the namespace


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked + bytes(14))[:18])[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP) + bytes(14))


async def _serve(path: str, port: int) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))

    server = await asyncio.start_unix_server(connected, path)
    async with server:
        await server.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _until_told(path: str, port: int) -> None:
    serving = asyncio.create_task(_serve(path, port))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _inside(path: str, port: int, command: Sequence[str]) -> None:
    _raise_loopback()
    with subprocess.Popen(command, stdin=subprocess.PIPE) as server:
        asyncio.run(_until_told(path, port))
        server.terminate()


if __name__ == "__main__":
    _inside(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
