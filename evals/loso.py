"""How good is the analysis on a system that no number of it was chosen on?  Leave one set out, choose on the others.

First the constants (`loso_constants`), when they are asked for, then the weights of the fusion and the maps to verdict
and confidence on top of it (`loso_fit`). All of it begins at neutral values, in which no set has had a say.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.analysis import verdicts
from agent.analysis.weights import SHIPPED, Logistic, Weights
from evals import score, workers
from evals.constants import NEUTRAL, TUNED, Values, shipped
from evals.loso_constants import ROUNDS, search
from evals.loso_fit import LEARNED, Looked, fit, ranked
from evals.loso_study import Study, Windows, study, suspects
from evals.markdown import table
from evals.score import Judged

_HEAD = (
    *("set", "chosen", "n", "AC@1", "95%", "AC@3", "95%", "ECE", "Brier", "AUROC"),
    *("cause", "healthy", "inconclusive", "false alarms", "calm windows"),
)
_FITTED = (
    *("chosen on", *LEARNED),
    *("real: bias, weight, loud, felt", "first: bias, weight, loud", "storm: bias, weight", "most"),
)
_FEWEST = 2
_DECIDED = (0.2, 0.25, 0.3, 1 / 3, 0.4, 0.5)
"""Other values of `Judgement.decided`, which nobody chooses."""


@dataclass(frozen=True)
class Asked:
    """What is chosen, where what was analysed is kept, and how many processes there are."""

    constants: bool = False
    rounds: int = ROUNDS
    work: Path | None = None
    jobs: int = 1


@dataclass(frozen=True)
class Chosen:
    """Everything that decides an answer."""

    values: Values
    """Of the constants; empty for those that are shipped."""
    weights: Weights


_AS_SHIPPED = Chosen({}, SHIPPED)


def command(roots: Sequence[Path], out: Path | None, windows: Windows, asked: Asked) -> int:
    """Print the tables, write JSON when asked. ValueError when there are not two sets with truth."""
    with tempfile.TemporaryDirectory(prefix="evals-loso-") as scratch, workers.pool(asked.jobs) as pool:
        folder = asked.work or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        of = study(roots, windows, folder, pool)
        if len(of.sets) < _FEWEST:
            raise ValueError("nothing can be left out: there are fewer than two sets of cases with a truth.json")
        without = {name: _chosen(of, [one for one in of.sets if one != name], asked) for name in of.sets}
        on_all = _chosen(of, of.sets, asked)
        answers = {
            "left out": [one for name, by in without.items() for one in _answers(of, [name], by)],
            "shipped": _answers(of, of.sets, _AS_SHIPPED),
            "on all": _answers(of, of.sets, on_all),
        }
        otherwise = list(_by_decided(of, without, roots))
    rows = sorted((row for name, given in answers.items() for row in _rows(name, given, roots)), key=_place)
    learned = {**{f"all but {name}": by for name, by in without.items()}, "all": on_all, "shipped": _AS_SHIPPED}
    print("\n".join([*_table(_HEAD, (row.values() for row in rows)), "", *_table(_FITTED, _fitted(learned))]))
    head = ["left out, cause / calm from", *(f"{one:.2f}" for one in _DECIDED)]
    print("\n".join(["", *_table(head, otherwise)]))
    if asked.constants:
        print("\n".join(["", *_table(["constant", "begun at", *learned], _moved(learned))]))
    if out:
        told = {"rows": rows, "chosen": {name: asdict(by) for name, by in learned.items()}}
        out.write_text(json.dumps(told, indent=1, default=timedelta.total_seconds), "utf-8")
    return 0


def answer(one: Looked, weights: Weights) -> dict[str, Any]:
    """As a results file has it."""
    stood = ranked(one, weights.fusion)
    verdict, confidence = verdicts.judge(stood.standing, weights.judgement)
    listed = suspects(one.names, stood.weights)
    return {"id": one.id, "quiet": one.quiet, "verdict": verdict.value, "confidence": confidence, "suspects": listed}


def _chosen(of: Study, sets: Sequence[str], asked: Asked) -> Chosen:
    values = search(of, sets, asked.rounds) if asked.constants else {}
    of.prepare(of.sets, [values])
    return Chosen(values, fit(of.looked(sets, values)))


def _answers(of: Study, sets: Sequence[str], by: Chosen) -> list[dict[str, Any]]:
    return [answer(one, by.weights) for one in of.looked(sets, by.values) if not one.copy]


def _rows(name: str, answers: Sequence[Mapping[str, Any]], roots: Sequence[Path]) -> list[dict[str, Any]]:
    asked = {"cases": [one for one in answers if not one["quiet"]]}
    calm: dict[str, list[bool]] = {}
    for one in answers:
        if one["quiet"]:
            calm.setdefault(one["id"].partition("/")[0], []).append(one["verdict"] != "cause")
    return [
        {
            "set": set_,
            "chosen": name,
            **_figures(judged),
            "calm": sum(of) / len(of) if (of := calm.get(set_)) else None,
        }
        for set_, judged in score.judge_all(asked, *roots).items()
    ]


def _figures(judged: Sequence[Judged]) -> dict[str, Any]:
    scores, named = score.with_faults(judged), [one for one in judged if one.named]
    shares = {verdict: sum(one.verdict == verdict for one in named) for verdict in ("cause", "healthy", "inconclusive")}
    return {
        "n": len(named),
        "ac1": scores.strict.ac1 if scores.strict else None,
        "ac1_95": score.interval([one.right for one in named]),
        "ac3": scores.strict.ac3 if scores.strict else None,
        "ac3_95": score.interval([one.strict is not None and one.strict <= 3 for one in named]),
        "ece": scores.ece,
        "brier": scores.brier,
        "auroc": scores.auroc,
        **{verdict: share / len(named) if named else None for verdict, share in shares.items()},
        "false_alarms": f"{scores.false_alarms}/{scores.healthy_cases}",
    }


def _by_decided(of: Study, without: Mapping[str, Chosen], roots: Sequence[Path]) -> Iterator[list[object]]:
    """How many incidents are told, and quiet windows not, were it told from elsewhere on."""
    for name, by in without.items():
        told = []
        for decided in _DECIDED:
            weights = replace(by.weights, judgement=replace(by.weights.judgement, decided=decided))
            rows = _rows("left out", _answers(of, [name], replace(by, weights=weights)), roots)
            row = next(one for one in rows if one["set"] == name)
            told.append(" / ".join(_cell(one) for one in (row["cause"], row["calm"]) if one is not None))
        yield [name, *told]


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["set"], ("left out", "shipped", "on all").index(row["chosen"])


def _fitted(learned: Mapping[str, Chosen]) -> Iterator[list[object]]:
    for name, one in learned.items():
        by, fusion = one.weights.judgement, one.weights.fusion
        maps = map(_logistic, (by.real, by.first, by.storm))
        yield [name, *(getattr(fusion, of) for of in LEARNED), *maps, by.storm_most]


def _moved(learned: Mapping[str, Chosen]) -> Iterator[list[object]]:
    """The constants that anybody has moved."""
    for one in TUNED:
        given = [of.values.get(one.name, shipped(one)) for of in learned.values()]
        if set(given) != {NEUTRAL[one.name]}:
            yield [one.name, *(f"{value:g}" for value in (NEUTRAL[one.name], *given))]


def _logistic(one: Logistic) -> str:
    return ", ".join(f"{value:.2f}" for value in (one.bias, *one.slopes))


def _table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> list[str]:
    return table(head, (map(_cell, row) for row in rows))


def _cell(value: object) -> str:
    match value:
        case float():
            return f"{value:.3f}"
        case (float() as low, float() as high):
            return f"{low:.2f}-{high:.2f}"
        case None:
            return ""
    return str(value)
