"""A real Prometheus on a loopback port over a recorded OpenMetrics text, in a folder of its own."""

import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.farends.ports import free_port
from tests.system import program

HOW = "apt-get install prometheus"


@contextmanager
def prometheus(openmetrics: str) -> Iterator[str]:
    """Its address; the samples keep their timestamps. Skips the test when Prometheus is not installed."""
    server, promtool = program("prometheus", HOW), program("promtool", HOW)
    with tempfile.TemporaryDirectory(prefix="prometheus-") as name:
        folder = Path(name)
        (folder / "recorded.om").write_text(openmetrics)
        (folder / "empty.yml").write_text("")
        load = [promtool, "tsdb", "create-blocks-from", "openmetrics", "-q", "recorded.om", "tsdb"]
        subprocess.run(load, cwd=folder, check=True, capture_output=True, timeout=60)
        address = f"127.0.0.1:{free_port()}"
        options = {
            "config.file": "empty.yml",
            "storage.tsdb.path": "tsdb",
            "storage.tsdb.retention.time": "100y",
            "web.listen-address": address,
        }
        with (folder / "log").open("wb") as log:
            command = [server, *(f"--{name}={value}" for name, value in options.items())]
            running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            _wait_until_ready(f"http://{address}/-/ready", running)
            yield f"http://{address}"
        finally:
            running.terminate()
            running.wait(timeout=20)


def _wait_until_ready(url: str, running: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError("Prometheus did not become ready")
