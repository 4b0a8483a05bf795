"""Where do answers go?  One JSON file, whole after each case, so that a run that was stopped can go on."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


@dataclass
class Results:
    """The file and what it holds; `asked` tells what was run, so that answers to another question are not kept."""

    path: Path
    asked: Mapping[str, Any]
    rows: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def opened(cls, path: Path, asked: Mapping[str, Any], *, fresh: bool) -> "Results":
        """With the answers that are there already, unless `fresh`, or they are another version's or question's."""
        found = cls(path, asked)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not fresh:
            known = read(path)
            if known.get("version") == own_version() and known.get("asked") == dict(asked):
                found.rows = {row["id"]: row for row in known["cases"] if not row["error"]}
        return found

    def add(self, row: Row) -> None:
        self.rows[str(row["id"])] = row
        self._write()

    def keep(self, ids: Sequence[str]) -> None:
        """Only these, in the order of their ids."""
        self.rows = {id_: self.rows[id_] for id_ in sorted(ids) if id_ in self.rows}
        self._write()

    def _write(self) -> None:
        told = {
            "cases": [self.rows[id_] for id_ in sorted(self.rows)],
            "machine": machine(),
            "version": own_version(),
            "asked": dict(self.asked),
        }
        # Renamed into place: whoever looks, and whenever it is stopped, the file is whole.
        written = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        written.write_text(json.dumps(told, indent=1), "utf-8")
        written.replace(self.path)


def read(path: Path) -> dict[str, Any]:
    """A results file. ValueError, with what is wrong, when it is none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("cases"), list):
        raise ValueError(f"{path} holds no results: there is no list `cases` in it")  # noqa: TRY004 (bad input)
    return found


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} CPUs"


@lru_cache(maxsize=1)
def own_version() -> str:
    """The release and a digest of the code that answers: a change of either is another version."""
    try:
        release = version("incident-agent")
    except PackageNotFoundError:
        release = "unknown"
    found = hashlib.sha256()
    for path in _sources(Path(__file__).resolve().parents[1]):
        found.update(path.read_bytes())
    return f"{release}+{found.hexdigest()[:12]}"


def _sources(root: Path) -> list[Path]:
    ours = [path for name in ("agent", "tools", "prompts") for path in (root / name).rglob("*") if path.is_file()]
    kept = (path for path in [*ours, *(root / "evals").glob("*.py")] if "__pycache__" not in path.parts)
    return sorted(kept)
