"""How does the lab start a program so that it surely ends with it, and on which port?"""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.lab import leash

REPOSITORY = Path(__file__).parents[2]
_PORTS = range(20_000, 32_000)
"""Below the kernel's range for outgoing connections, so that a restarted service finds its port free."""


class Leashed:
    """A running program that ends when it is stopped, or when this process does, however it does."""

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as out:
            self._leash = subprocess.Popen(  # noqa: S603 (the lab's own argument list)
                [sys.executable, "-I", leash.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
            )

    @property
    def running(self) -> bool:
        return self._leash.poll() is None

    def last_words(self, characters: int = 600) -> str:
        """The end of what it wrote, for an error message."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-characters:]

    def stop(self) -> None:
        if self._leash.stdin is not None and not self._leash.stdin.closed:
            self._leash.stdin.close()
        try:
            self._leash.wait(leash.GRACE_S + 2)
        except subprocess.TimeoutExpired:
            self._leash.kill()
            self._leash.wait()


def free_ports(count: int) -> list[int]:
    """Distinct ports of the loopback interface that nothing listens on now."""
    found: list[int] = []
    for port in random.sample(_PORTS, k=len(_PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"There are no {count} free ports between {_PORTS.start} and {_PORTS.stop}.")
