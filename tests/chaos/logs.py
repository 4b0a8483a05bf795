"""What did each party see, and when?  Append-only lines, written by whoever lived through it."""

import json
import os
import time
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class Log:
    """One party's own record. A line is whole or absent, whoever is killed when: it is one write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, **what: Any) -> None:
        line = json.dumps({"at": time.monotonic_ns(), **what}) + "\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, line.encode())
        os.close(file)

    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []
