"""What would a real Prometheus answer?  One over a case's recording, on loopback, in a folder of its own."""

import asyncio
import lzma
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tools.clients.prometheus import Prometheus

_PATIENCE = 60.0
"""Seconds for loading, and again for the start; a busy machine is slow."""
_LOOK_AGAIN = 0.02


@contextmanager
def serving(recording: Path, *, lookback: timedelta) -> Iterator[Prometheus]:
    """A client of a server that holds the recording; samples keep their timestamps.

    RuntimeError when promtool refuses the recording or the server does not start.
    """
    with tempfile.TemporaryDirectory(prefix="evals-prometheus-") as name:
        folder = Path(name)
        _load(recording, folder)
        with _running(folder, lookback) as url:
            client = Prometheus(url)
            try:
                yield client
            finally:
                asyncio.run(client.close())


def _load(recording: Path, folder: Path) -> None:
    text = folder / "recorded.om"
    with lzma.open(recording) if recording.suffix == ".xz" else recording.open("rb") as source, text.open("wb") as to:
        shutil.copyfileobj(source, to)
    # A short recording fits one block: with promtool's two hours each, a week of history makes 84 of them.
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=744h", "-q"]
    done = subprocess.run(  # noqa: S603 (an argument list, without a shell)
        [*command, text.name, "tsdb"], cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"promtool refused {recording.name}: {done.stderr.strip()[-500:]}")


@contextmanager
def _running(folder: Path, lookback: timedelta) -> Iterator[str]:
    (folder / "empty.yml").write_text("")
    address = f"127.0.0.1:{_free_port()}"
    options = {
        "config.file": "empty.yml",
        "storage.tsdb.path": "tsdb",
        "storage.tsdb.retention.time": "100y",
        "query.lookback-delta": f"{lookback.total_seconds():.0f}s",
        "web.listen-address": address,
        "log.level": "warn",
    }
    with (folder / "log").open("wb") as log:
        command = ["prometheus", *(f"--{name}={value}" for name, value in options.items())]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603 (an argument list)
    try:
        _wait_until_ready(f"http://{address}/-/ready", server, folder / "log")
        yield f"http://{address}"
    finally:
        # It holds nothing that anybody wants to keep, and closing in order takes it seconds.
        server.kill()
        server.wait()


def _wait_until_ready(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 (our own loopback address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(_LOOK_AGAIN)
    raise RuntimeError(f"Prometheus did not start: {log.read_text('utf-8', 'replace').strip()[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
