"""How did each row go?  A pytest plugin that counts, and what is printed and written of it."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.attacks.rows import ROWS

MARK = "attack"


@dataclass(frozen=True)
class Row:
    id: str
    tried: int
    passed: int

    @property
    def ok(self) -> bool:
        return 0 < self.tried == self.passed


@dataclass(eq=False)  # pytest keeps plugins in sets
class Outcomes:
    """The plugin: each test that ran counts for every row it is marked with."""

    tried: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    _rows: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._rows = {item.nodeid: rows_of(item) for item in items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A test whose set-up fails never gets to its call, and has not passed.
        if report.when != "call" and not report.failed:
            return
        for row in self._rows.get(report.nodeid, ()):
            self.tried[row] += 1
            self.passed[row] += report.outcome == "passed"

    def rows(self) -> list[Row]:
        return [Row(row, self.tried[row], self.passed[row]) for row in ROWS]


def rows_of(item: pytest.Item) -> tuple[str, ...]:
    """The rows a test is marked with."""
    return tuple(str(row) for mark in item.iter_markers(MARK) for row in mark.args)


def markdown(rows: list[Row]) -> str:
    lines = ["| row | what is tried | tried | refused |", "|---|---|---|---|"]
    lines += [f"| {row.id} | {ROWS[row.id]} | {row.tried} | {_outcome(row)} |" for row in rows]
    return "\n".join(lines)


def _outcome(row: Row) -> str:
    if row.tried == 0:
        return "not tried"
    return "all" if row.ok else f"**{row.passed} of {row.tried}**"
