from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from agent.analysis import topology
from agent.analysis.table import Table
from agent.analysis.topology import Graph
from agent.analysis.weights import SHIPPED
from evals import case as cases
from evals.constants import NEUTRAL, TUNED, Values, put
from evals.loso_fit import Looked
from evals.loso_study import Question, looked_at
from evals.observe import observe
from evals.stages import Kept, reads
from tests.unit.agent.analysis.made import slow_back
from tools.base import Topology

_LAB = Path(__file__).parents[3] / "evals/cases/lab"
_EVERY = 10
"""Of the lab's cases: both of these have series, log lines and several alerts, and one has changes."""


def _looked(questions: list[Question], values: Values, kept: Kept | None = None) -> list[Looked]:
    with put(values) as fusion, kept.used(values) if kept else nullcontext():
        weights = replace(SHIPPED, fusion=replace(SHIPPED.fusion, **fusion))
        return [looked_at(one, weights) for one in questions]


async def test_what_is_kept_gives_the_same_answer_whichever_constant_moves() -> None:
    recorded = cases.find(_LAB)[::_EVERY]
    questions, kept = [Question(one.id, await observe(one)) for one in recorded], Kept()
    moved = [(one.name, at) for one in TUNED for at in (one.kind.values[0], one.kind.values[-1])]
    usual = _looked(questions, NEUTRAL, kept)

    answers = {step: _looked(questions, {**NEUTRAL, step[0]: step[1]}, kept) for step in moved}

    anew = {step: _looked(questions, {**NEUTRAL, step[0]: step[1]}) for step in moved}
    assert [step for step in moved if answers[step] != anew[step]] == []
    assert usual == _looked(questions, NEUTRAL, kept) == _looked(questions, NEUTRAL)
    assert sum(one != usual for one in anew.values()) > len(moved) / 10


def test_a_stage_is_done_anew_only_for_what_it_reads() -> None:
    done: list[Topology | None] = []

    def counted(told: Topology | None, table: Table) -> Graph:
        done.append(told)
        return real(told, table)

    real, shop, kept = topology.graph, [Question("made/one", slow_back().observed())], Kept()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(topology, "graph", counted)
        for at in (2.0, 3.0, 5.0):
            _looked(shop, {**NEUTRAL, "changes._CHANCE": at}, kept)

    assert len(done) == 1
    assert "changes._CHANCE" in reads("changes.shifts") - reads("topology.graph")


def test_a_stage_reads_what_those_read_that_it_calls() -> None:
    assert {"changes._FLOOR", "onset._CLIP"} <= reads("onset.find")
    assert {"changes.MOST", "excess._KNOWN"} <= reads("excess.excesses")
    assert {"excess._KNOWN", "topology._SHALLOW"} <= reads("topology.flows")
    assert reads("ranking.tabulate") == frozenset()


def test_the_stages_are_the_analysis_s_own_again_afterwards() -> None:
    real = topology.graph

    with Kept().used(NEUTRAL):
        kept = topology.graph
    with pytest.raises(ZeroDivisionError), Kept().used(NEUTRAL):
        raise ZeroDivisionError

    assert kept is not real
    assert topology.graph is real
