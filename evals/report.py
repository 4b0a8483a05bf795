"""How accurate is the agent, all told?  Runs what has not been run yet, and fills the frame of `docs/accuracy.md`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals import baselines, calibration, quiet, run, score
from evals.answering import How
from evals.case import find
from evals.results import machine, own_version, read
from evals.score import Scores

FRAME = Path(__file__).with_name("accuracy.md")
"""What people wrote; `{{name}}` is where a table goes."""
SEEDS = (1,)
"""Of the perturbations and the quiet windows; each is a whole run."""
WINDOWS = 2


def command(roots: Sequence[Path], work: Path, how: How, plot: Path, loso: Path | None) -> int:
    """Write the page and its picture; 1 when a case failed."""
    work.mkdir(parents=True, exist_ok=True)
    failed = _run_all(roots, work, how)
    ours = read(work / "agent.json")
    judged = score.judge_all(ours, *roots)
    plot.write_text(calibration.picture({name: score.stated(of) for name, of in judged.items()}), "utf-8")
    told = {
        "machine": machine(),
        "version": own_version(),
        "metrics": ours["asked"]["metrics"],
        "ours": score.markdown({name: replace(score.with_faults(of), faults={}) for name, of in judged.items()}),
        "faults": _faults({name: score.with_faults(of) for name, of in judged.items()}),
        "baselines": _compared(work, roots, ["agent", *(f"rule-{rule}" for rule in baselines.RULES)]),
        "perturbed": _compared(work, roots, ["agent", *_PERTURBED]),
        "quiet": quiet.table(read(work / "quiet.json")["cases"]),
        "loso": loso.read_text("utf-8").strip() if loso else _NO_LOSO,
    }
    how.out.write_text(filled(FRAME.read_text("utf-8"), told), "utf-8")
    print(f"written: {how.out}, {plot}")
    return int(failed)


_NO_LOSO = "Not measured for this page."
_PERTURBED: Mapping[str, run.Asked] = {
    **{f"delayed-{seed}": run.Asked(delay_seed=seed) for seed in SEEDS},
    **{f"renamed-{seed}": run.Asked(rename_seed=seed) for seed in SEEDS},
    "recorded": run.Asked(metrics="recorded"),
}
"""Also the adapter in this process in the place of Prometheus: it must not change an answer."""


def _run_all(roots: Sequence[Path], work: Path, how: How) -> bool:
    """Whether anything failed. Each has a file of its own, so that all of it can be stopped and gone on with."""

    def to(name: str) -> How:
        return replace(how, out=work / f"{name}.json")

    failed = [run.command(roots, run.Asked(), to("agent"))]
    failed += [run.command(roots, asked, to(name)) for name, asked in _PERTURBED.items()]
    failed += [baselines.command(roots, rule, to(f"rule-{rule}")) for rule in baselines.RULES]
    failed += [quiet.command(roots, run.Asked(), to("quiet"), windows=WINDOWS, seed=SEEDS[0])]
    return any(failed)


def filled(frame: str, told: Mapping[str, str]) -> str:
    """The frame with every `{{name}}` in its place. KeyError when it asks for what nobody measured."""
    parts = frame.split("{{")
    return parts[0] + "".join(told[part.partition("}}")[0]] + part.partition("}}")[2] for part in parts[1:])


def _faults(scores: Mapping[str, Scores]) -> str:
    head = ("fault", "n", "AC@1", "AC@3", "AC@5", "answers")
    tables = [
        f"### {name}\n\n" + "\n".join(score.table(head, (_fault(fault, one) for fault, one in of.faults.items())))
        for name, of in scores.items()
        if len(of.faults) > 1
    ]
    return "\n\n".join(tables)


def _fault(fault: str, one: Scores) -> list[str]:
    reached = [f"{share:.3f}" for share in (one.strict.ac1, one.strict.ac3, one.strict.ac5)] if one.strict else [""] * 3
    return [fault, str(one.cases), *reached, " ".join(f"{word}:{count}" for word, count in one.verdicts.items())]


def _compared(work: Path, roots: Sequence[Path], names: Sequence[str]) -> str:
    """A row a run, a column a set: AC@1 / AC@3."""
    scored = {name: score.score(read(work / f"{name}.json"), *roots) for name in names}
    sets = sorted({case.set for case in find(*roots)} & {name for one in scored.values() for name in one})
    ranked = [name for name in sets if any(one[name].strict for one in scored.values())]
    return "\n".join(
        score.table(
            ("AC@1 / AC@3", *ranked), ([name, *(_pair(one[of]) for of in ranked)] for name, one in scored.items())
        )
    )


def _pair(one: Any) -> str:
    return f"{one.strict.ac1:.3f} / {one.strict.ac3:.3f}" if one.strict else ""
