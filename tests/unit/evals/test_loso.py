import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent.analysis import verdicts
from agent.analysis.dossier import Parts
from agent.analysis.ranking import weigh
from agent.analysis.standing import Standing, standing
from agent.analysis.weights import SHIPPED
from evals.__main__ import main
from evals.loso import answer
from evals.loso_fit import NEUTRAL, Looked, fit, ranked
from evals.loso_study import Question, looked_at
from tests.unit.agent.analysis.made import Shop, slow_back
from tests.unit.evals.made import write_case

_FLAGS = Standing(
    *(0.0, 0.0, 0.0, False, 9, 0.0), storm=False, known=False, visible=True, harmless=False, unmet=False, anything=True
)


def _case(identity: str, *, cause: float, other: float, loud: float, faulty: bool) -> Looked:
    parts = (Parts(measured=cause), Parts(measured=other))
    return Looked(identity, ("a", "b"), parts, (loud, loud), _FLAGS, not faulty, 0 if faulty else None, faulty)


def _lessons() -> list[Looked]:
    """Two sets; loud cases are incidents, and the heavier the first suspect, the more often it is right."""
    found = []
    for set_ in ("one", "two"):
        for number in range(20):
            heavy = 0.3 + number / 30
            wrong = number < 6
            cause, other = (heavy / 2, heavy) if wrong else (heavy, heavy / 2)
            found.append(_case(f"{set_}/{number}", cause=cause, other=other, loud=3.0, faulty=True))
            found.append(_case(f"{set_}/{number}@0", cause=0.2, other=0.1, loud=0.5, faulty=False))
    return found


def test_what_is_learned_tells_incidents_from_quiet_and_right_from_wrong() -> None:
    by = fit(_lessons()).judgement

    loud, quiet = (replace(_FLAGS, weight=3.0, loud=nats) for nats in (3.0, 0.5))
    heavy, light = (replace(_FLAGS, weight=nats) for nats in (5.0, 2.0))
    real = [verdicts.probability_real(one, by) for one in (loud, quiet)]
    first = [verdicts.probability_first(one, by) for one in (heavy, light)]
    assert (real[0] > 0.9, real[1] < 0.1, first[0] > 0.8, first[1] < 0.5) == (True, True, True, True)


def test_what_nobody_taught_stays_where_it_began() -> None:
    learned = fit(_lessons())

    assert learned.fusion == NEUTRAL.fusion
    assert [learned.judgement.storm(nats) for nats in (2.0, 3.0, 4.0)] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("shop", [slow_back(), Shop()])
def test_a_case_is_answered_from_its_features_as_the_analysis_answers_it(shop: Shop) -> None:
    looked, weighed = looked_at(Question("made/one", shop.observed())), weigh(shop.observed())

    told = answer(looked, SHIPPED)

    verdict, confidence = verdicts.judge(standing(weighed), SHIPPED.judgement)
    assert ranked(looked, SHIPPED.fusion).standing == standing(weighed)
    assert (told["verdict"], told["confidence"]) == (verdict.value, confidence)
    assert [one["component"] for one in told["suspects"]] == [one.component for one in weighed.dossiers]


def test_each_set_is_scored_with_what_the_others_taught(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("left", "right"):
        write_case(tmp_path / name / "one", slow_back())
    out = tmp_path / "loso.json"

    assert main(["loso", str(tmp_path), "--out", str(out)]) == 0

    told = json.loads(out.read_text())
    assert [(row["set"], row["chosen"], row["ac1"]) for row in told["rows"]] == [
        (name, chosen, 1.0) for name in ("left", "right") for chosen in ("left out", "shipped", "on all")
    ]
    assert set(told["chosen"]) == {"all but left", "all but right", "all", "shipped"}
    printed = capsys.readouterr().out
    assert "| left | left out | 1 | 1.000 | 1.00-1.00 |" in printed
    assert "| left out, cause / calm from | 0.20 | 0.25 | 0.30 | 0.33 | 0.40 | 0.50 |\n" in printed
    assert "\n| right | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 |" in printed


def test_one_set_alone_leaves_nothing_to_learn_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_case(tmp_path / "only" / "one", slow_back())

    assert main(["loso", str(tmp_path)]) == 1

    assert "fewer than two sets" in capsys.readouterr().err
