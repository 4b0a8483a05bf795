"""Which row is next?  Each once; then kills to their goals, and all else to a floor; then all else to its goal, what
takes least for a fault first.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.attempt import Row

FLOOR = 100
"""Faults of a row that kills nobody, on both deployments together, before the kills have met their goals."""


@dataclass(frozen=True)
class Goal:
    first: float
    whole: float


class Plan:
    def __init__(self, goals: Mapping[str, Goal], done: Mapping[str, float], took: Mapping[str, float]) -> None:
        """By row, in faults; `done`: what was tried before, `took`: the seconds of that."""
        self._goals = goals
        self._done = Counter(done)
        self._took = defaultdict[str, float](float, took)
        self._tried = set[str]()

    def next(self, *, over: bool) -> str | None:
        """None when all goals are met, and when the time is `over` and each row was tried once."""
        row = min(self._goals, key=self._urgency, default=None)
        if row is None or (row in self._tried and (over or self._done[row] >= self._goals[row].whole)):
            return None
        return row

    def count(self, row: str, faults: int, seconds: float) -> None:
        self._tried.add(row)
        self._done[row] += max(1, faults)
        self._took[row] += seconds

    def _urgency(self, row: str) -> tuple[bool, int, float]:
        tried, done, goal = row in self._tried, self._done[row], self._goals[row]
        if done < goal.first:
            return tried, 0, done / goal.first
        return tried, 1 if done < goal.whole else 2, self._took[row] / max(1, done)


def plan(
    rows: Mapping[str, Row],
    before: list[dict[str, Any]],
    *,
    deployment: str,
    share: float,
    among: int,
    floor: float = FLOOR,
) -> Plan:
    """Of one of `among` workers on that deployment, for a `share` of the goals; `before`: lines of the book."""
    done, took = Counter[str](), Counter[str]()
    for line in before:
        if "faults" in line and line["deployment"] == deployment:
            done[line["row"]] += line["faults"]
            took[line["row"]] += line["seconds"]
    goals = {id_: _goal(row, deployment, share / among, floor) for id_, row in rows.items()}
    wanted = {id_: goal for id_, goal in goals.items() if goal.whole}
    return Plan(wanted, *({id_: count / among for id_, count in counted.items()} for counted in (done, took)))


def _goal(row: Row, deployment: str, share: float, floor: float) -> Goal:
    whole = (row.goal if deployment == "embedded" else row.shared) * share
    first = floor * share / (2 if row.goal and row.shared else 1)
    return Goal(whole if row.kills else min(first, whole), whole)
