"""What was tried so far?  A line for each try, as it ends: a run that is cut off counts for what it did."""

import os
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.attempt import Tried
from tests.chaos.logs import Log


class Book:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = Log(path)

    def begin(self, *, anew: bool) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if anew:
            self._path.unlink(missing_ok=True)

    def tried(self, row: str, deployment: str, seed: int, tried: Tried, seconds: float) -> None:
        found = tried.found
        self._log.add(
            row=row,
            deployment=deployment,
            seed=seed,
            faults=tried.faults,
            kills=tried.kills,
            effects=tried.effects,
            lost=found.lost,
            duplicates=found.duplicates,
            broken=found.broken,
            recovered=tried.recovered,
            seconds=round(seconds, 3),
            load=round(os.getloadavg()[0], 1),
            on=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def note(self, **what: Any) -> None:
        self._log.add(**what)

    @contextmanager
    def though_it_fails(self) -> Iterator[None]:
        """An error in here is a line, and the next thing is done."""
        try:
            yield
        except Exception:  # noqa: BLE001 (whatever a drill fails of, it is told)
            self.note(failed=traceback.format_exc()[-3000:])

    def lines(self) -> list[dict[str, Any]]:
        return self._log.lines()

    def kills(self) -> int:
        return sum(line.get("kills", 0) for line in self.lines())

    def next_seed(self) -> int:
        return 1 + max((line["seed"] for line in self.lines() if "seed" in line), default=0)


@dataclass
class Tally:
    """The lines added up, by row."""

    tried: Counter[str] = field(default_factory=Counter)
    shared: Counter[str] = field(default_factory=Counter)
    """Of them, how many on Redis and PostgreSQL."""
    runs: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    """By deployment."""
    lost: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Tries that the drill itself ended in an error: they count for nothing."""
    effects: int = 0
    seconds: float = 0
    recovered: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    cold: list[dict[str, float]] = field(default_factory=list)
    bugs: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: list[dict[str, Any]]) -> "Tally":
        tally = cls()
        for line in lines:
            tally._add(line)
        return tally

    def _add(self, line: dict[str, Any]) -> None:
        match line:
            case {"row": row}:
                self._add_try(line)
                self.skipped.pop(row, None)
            case {"failed": why}:
                again = (
                    f"--deployment {line['deployment']} --row {line['of']} --seed {line['seed']}: "
                    if "of" in line
                    else ""
                )
                self.failed.append(f"{again}{why}")
            case {"cold": times}:
                self.cold.append(times)
            case {"bug": name}:
                self.bugs[name] = {key: line[key] for key in ("caught", "silent_without", "what", "says")}
            case {"skipped": row}:
                self.skipped[row] = line["why"]

    def _add_try(self, line: dict[str, Any]) -> None:
        row, deployment = line["row"], line["deployment"]
        self.runs[row] += 1
        self.tried[row] += line["faults"]
        self.shared[row] += line["faults"] * (deployment == "shared")
        self.kills[deployment] += line["kills"]
        for kind in ("lost", "duplicates", "broken"):
            getattr(self, kind)[row] += len(line[kind])
            how = f"--deployment {deployment} --row {row} --seed {line['seed']}"
            self.findings += [f"{how}: {one}" for one in line[kind]]
        self.effects += line["effects"]
        self.seconds += line["seconds"]
        self.recovered += line["recovered"]
        self.loads.append(line["load"])
