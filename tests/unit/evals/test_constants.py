import ast
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from agent.analysis import changes, excess, onset, ranking, topology
from agent.analysis.signals import Signal
from evals.constants import NEUTRAL, NOT_TUNED, TUNED, put, shipped
from evals.loso_fit import LEARNED

_ANALYSIS = Path(ranking.__file__).parent
_SAID_BY_ITSELF = (0, 1, 2)
"""Numbers in the middle of a function that need no name."""


def _numbers(node: ast.AST, besides: Sequence[float]) -> bool:
    found = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return any(type(value) in (int, float) and value not in besides for value in found)


def _named(body: Sequence[ast.stmt], place: str) -> Iterator[str]:
    for node in body:
        match node:
            case ast.ClassDef():
                yield from _named(node.body, f"{place}.{node.name}")
            case ast.FunctionDef() if _numbers(node, _SAID_BY_ITSELF):
                yield f"{place}.{node.name}"
            case ast.Assign(targets=[target], value=value) if _numbers(value, ()):
                yield f"{place}.{ast.unparse(target)}"
            case ast.AnnAssign(value=ast.expr() as value) if _numbers(value, (0,)):
                yield f"{place}.{ast.unparse(node.target)}"


def _all_numbers() -> set[str]:
    return {name for path in _ANALYSIS.glob("*.py") for name in _named(ast.parse(path.read_text()).body, path.stem)}


def _place(name: str) -> str:
    """`Fusion.witness` stands in `weights`; `changes._FLOORS.availability` is a part of `changes._FLOORS`."""
    return f"weights.{name}" if name.startswith("Fusion.") else ".".join(name.split(".")[:2])


def test_every_number_of_the_analysis_is_chosen_by_the_sets_or_is_said_not_to_be() -> None:
    chosen = {_place(one.name) for one in TUNED} | {f"weights.Fusion.{name}" for name in LEARNED}
    there = _all_numbers()

    others = {name for name in there - chosen if not {name, name.partition(".")[0]} & NOT_TUNED.keys()}

    assert others == set()
    assert chosen - there == set()
    assert {name for name in NOT_TUNED if not any(f"{one}.".startswith(f"{name}.") for one in there - chosen)} == set()


def test_every_search_begins_at_one_of_the_values_that_are_tried() -> None:
    assert [one.name for one in TUNED if one.kind.neutral not in one.kind.values] == []
    assert [one.name for one in TUNED if list(one.kind.values) != sorted(set(one.kind.values))] == []


def test_constants_are_put_wherever_they_are_known_and_taken_back() -> None:
    before = {one.name: shipped(one) for one in TUNED}
    values = {
        "excess.GATE": 5.0,
        "onset.LOOK_BACK": 30.0,
        "Fusion.change_age": 3.0,
        "changes._FLOORS.availability": 0.02,
    }

    with put(values) as fusion:
        during = {one.name: shipped(one) for one in TUNED}
        gates = (excess.GATE, vars(topology)["GATE"])
        others = (onset.LOOK_BACK, changes._FLOORS[Signal.AVAILABILITY])

    assert during == {**before, **values, "Fusion.change_age": before["Fusion.change_age"]}
    assert (gates, others) == ((5.0, 5.0), (timedelta(minutes=30), 0.02))
    assert fusion == {"change_age": timedelta(minutes=3)}
    assert {one.name: shipped(one) for one in TUNED} == before


def test_constants_are_taken_back_when_something_fails() -> None:
    with pytest.raises(ZeroDivisionError), put(NEUTRAL):
        raise ZeroDivisionError

    assert excess.GATE == vars(topology)["GATE"] == 2.0


def test_who_imports_a_constant_is_given_it_too() -> None:
    imported = {
        (f"{node.module.rpartition('.')[2]}.{name.name}", path.stem)
        for path in _ANALYSIS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }

    assert {(one.name, one.also) for one in TUNED if one.also} == {
        (name, module) for name, module in imported if name in {one.name for one in TUNED}
    }
