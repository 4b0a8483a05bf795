"""What is one figure? The median of several runs, beside the median of a reference that ran in turn with it."""

import os
import platform
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

Unit = Literal["alerts/s", "steps/s", "s", "MB"]
Measured = Callable[[], Awaitable[float]]
"""One run, in the row's unit."""


@dataclass(frozen=True)
class Row:
    """One figure and its reference, run by run."""

    name: str
    unit: Unit
    values: tuple[float, ...]
    references: tuple[float, ...]
    """As many, each measured right after the value in the same place."""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def reference(self) -> float:
        return median(self.references)

    @property
    def ratio(self) -> float:
        """Ours over the reference: of a rate, below 1 is slower; of seconds, above 1 is."""
        return self.value / self.reference

    def told(self, machine: str) -> Mapping[str, object]:
        """As a row of the results file, with every single run."""
        return {
            "name": self.name,
            "value": _short(self.value),
            "unit": self.unit,
            "reference": _short(self.reference),
            "ratio": _short(self.ratio),
            "runs": len(self.values),
            "machine": machine,
            "values": [_short(one) for one in self.values],
            "references": [_short(one) for one in self.references],
        }


async def in_turn(name: str, unit: Unit, runs: int, ours: Measured, reference: Measured) -> Row:
    """Ours, the reference, ours, the reference, ...: what else the machine does meets both alike."""
    values, references = [], []
    for _ in range(runs):
        values.append(await ours())
        references.append(await reference())
    return Row(name, unit, tuple(values), tuple(references))


def machine() -> str:
    """`AMD EPYC, 2 cores, Linux x86_64, CPython 3.11.2`."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python}"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown processor"


def _short(number: float) -> float:
    """Four significant digits: more than the figures are good for."""
    return float(f"{number:.4g}")
