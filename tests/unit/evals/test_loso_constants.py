from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.analysis.dossier import Parts
from agent.analysis.standing import Standing
from evals.constants import NEUTRAL, Values
from evals.loso_constants import gained, search
from evals.loso_fit import Looked
from evals.loso_study import ALL, Study, Windows, study
from tests.unit.agent.analysis.made import slow_back
from tests.unit.evals.made import write_case

_FLAGS = Standing(
    *(0.0, 0.0, 0.0, False, 9, 0.0), storm=False, known=False, visible=True, harmless=False, unmet=False, anything=True
)


@dataclass(frozen=True)
class _Made(Study):
    """Sets in which one value of one constant finds the cause; `agreeing` of ten cases show it."""

    name: str = ""
    value: float = 0.0
    agreeing: int = 10

    def prepare(self, sets: Iterable[str], several: Iterable[Values], windows: int = ALL) -> None:
        """Nothing to do."""

    def looked(self, sets: Iterable[str], values: Values, windows: int = ALL) -> list[Looked]:
        found = values[self.name] == self.value
        return [self._case(f"{name}/{n}", found and n < self.agreeing) for name in sets for n in range(10)]

    def _case(self, identity: str, found: bool) -> Looked:
        parts = (Parts(measured=0.8 if found else 0.4), Parts(measured=0.5))
        return Looked(identity, ("a", "b"), parts, (1.0, 1.0), _FLAGS, quiet=False, true=0, faulty=True)


@pytest.mark.parametrize(("name", "value"), [("excess.GATE", 2.0), ("changes._CHANCE", 1.0)])
def test_the_value_that_finds_the_causes_is_chosen_and_nothing_else_moves(name: str, value: float) -> None:
    with ThreadPoolExecutor(1) as pool:
        chosen = search(_Made({}, {}, {}, Path(), pool, name, value), ["one", "two"], rounds=2)

    assert chosen == {**NEUTRAL, name: value}


def test_what_helps_one_case_alone_may_be_chance() -> None:
    with ThreadPoolExecutor(1) as pool:
        chosen = search(_Made({}, {}, {}, Path(), pool, "excess.GATE", 2.0, agreeing=1), ["one"])

    assert chosen == NEUTRAL


def _lost(each: float, cases: str = "abcdef", set_: str = "one") -> dict[str, float]:
    return {f"{set_}/{name}": each for name in cases}


@pytest.mark.parametrize(
    ("before", "after", "gain"),
    [
        (_lost(0.5), _lost(0.25), 1.5),
        (_lost(0.5), _lost(0.25, "abc"), 2.25),
        (_lost(0.5), _lost(0.5) | _lost(0.25, "a"), 0.0),
        (_lost(0.5), _lost(0.5), 0.0),
        (_lost(0.5, "ab"), _lost(0.25), 0.0),
    ],
)
def test_a_gain_counts_beyond_one_standard_error(
    before: dict[str, float], after: dict[str, float], gain: float
) -> None:
    assert gained(before, after, {}) == gain


def test_copies_and_windows_of_one_case_are_one_lesson() -> None:
    copies = [f"one/a{of}" for of in ("", " (faint)", " (late)", "@0", "@1")]

    assert gained(dict.fromkeys(copies, 0.5), dict.fromkeys(copies, 0.25), {}) == 0.0


def test_cases_of_one_cause_are_one_lesson() -> None:
    causes = dict.fromkeys(_lost(0.5), "back")

    assert gained(_lost(0.5), _lost(0.25), causes) == 0.0
    assert gained(_lost(0.5), _lost(0.25), {**causes, **dict.fromkeys(_lost(0.5, "abc"), "front")}) == 1.5


def test_what_clearly_harms_one_set_is_no_gain() -> None:
    before = _lost(0.5) | _lost(0.5, "abc", "two")

    assert gained(before, _lost(0.25) | _lost(0.5, "abc", "two"), {}) == 1.5
    assert gained(before, _lost(0.25) | _lost(0.75, "abc", "two"), {}) == 0.0
    assert gained(before, _lost(0.25) | _lost(0.5, "ab", "two") | _lost(0.75, "c", "two"), {}) == 1.25


def test_what_was_analysed_is_kept_until_a_constant_changes(tmp_path: Path) -> None:
    write_case(tmp_path / "cases" / "made" / "one", slow_back())
    kept = tmp_path / "kept"
    kept.mkdir()

    with ThreadPoolExecutor(1) as pool:
        of = study([tmp_path / "cases"], Windows(("made",), each=2), kept, pool)
        usual, strict = of.looked(["made"], {}), of.looked(["made"], {"changes._CHANCE": 50.0})
        written = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
        again = study([tmp_path / "cases"], Windows(("made",), each=2), kept, pool)
        assert again.looked(["made"], {}) == usual

    assert [(one.id, one.quiet, one.faulty) for one in usual] == [
        ("made/one", False, True),
        ("made/one (faint)", False, True),
        ("made/one (late)", False, True),
        ("made/one@0", True, False),
        ("made/one@1", True, False),
    ]
    assert usual[0].true is not None
    assert usual[0].names[usual[0].true] == "back"
    assert [one.parts for one in usual] != [one.parts for one in strict]
    assert len(written) == 2
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == written


def test_fewer_windows_are_analysed_while_searching(tmp_path: Path) -> None:
    write_case(tmp_path / "cases" / "made" / "one", slow_back())

    with ThreadPoolExecutor(1) as pool:
        of = study([tmp_path / "cases"], Windows(("made",), each=3), tmp_path, pool)

    assert [len(of.looked(["made"], {}, windows)) for windows in (0, 1, ALL)] == [3, 4, 6]  # two of them copies
