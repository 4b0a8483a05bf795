"""How accurate is the agent, all told?  Runs what has not been run yet, and fills the frame of `docs/accuracy.md`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evals import baselines, calibration, quiet, run, score
from evals.answering import How
from evals.markdown import table
from evals.results import read
from evals.score import Judged, Scores

FRAME = Path(__file__).with_name("accuracy.md")
"""What people wrote; `{{name}}` is where a table goes."""
SEEDS = (1,)
"""Of the perturbations and the quiet windows; each is a whole run."""
WINDOWS = 2


@dataclass(frozen=True)
class Apart:
    """Tables that other commands printed."""

    loso: Path | None = None
    probes: Path | None = None


def command(roots: Sequence[Path], work: Path, how: How, plot: Path, apart: Apart, *, as_is: bool) -> int:
    """Write the page and its picture; 1 when a case failed. `as_is`: from what lies in `work`, without running more."""
    work.mkdir(parents=True, exist_ok=True)
    failed = not as_is and _run_all(roots, work, how)
    judged = score.judge_all(read(work / "agent.json"), *roots)
    plot.write_text(calibration.picture({name: score.stated(of) for name, of in judged.items()}), "utf-8")
    headline, _, chosen = _printed(apart.loso).partition("\n\n")
    told = {
        **_tables(roots, work, judged),
        "headline": headline,
        "chosen": chosen,
        "probes": _printed(apart.probes),
    }
    how.out.write_text(filled(FRAME.read_text("utf-8"), told), "utf-8")
    print(f"written: {how.out}, {plot}")
    return int(failed)


def _printed(path: Path | None) -> str:
    return path.read_text("utf-8").strip() if path else _NOT_MEASURED


_NOT_MEASURED = "Not measured for this page."
_PERTURBED: Mapping[str, run.Asked] = {
    **{f"delayed-{seed}": run.Asked(delay_seed=seed) for seed in SEEDS},
    **{f"renamed-{seed}": run.Asked(rename_seed=seed) for seed in SEEDS},
}
_RULES = {rule: f"rule-{rule}" for rule in baselines.RULES}
"""Rule -> the file its results are in."""


def _run_all(roots: Sequence[Path], work: Path, how: How) -> bool:
    """Whether anything failed. Each has a file of its own, so that all of it can be stopped and gone on with."""

    def to(name: str) -> How:
        return replace(how, out=work / f"{name}.json")

    failed = [run.command(roots, run.Asked(), to("agent"))]
    failed += [baselines.command(roots, rule, to(name)) for rule, name in _RULES.items()]
    failed += [quiet.command(roots, run.Asked(), to("quiet"), windows=WINDOWS, seed=SEEDS[0])]
    failed += [run.command(roots, asked, to(name)) for name, asked in _PERTURBED.items()]
    return any(failed)


def _tables(roots: Sequence[Path], work: Path, judged: Mapping[str, Sequence[Judged]]) -> dict[str, str]:
    """What stands in the page's places."""
    ours = read(work / "agent.json")
    scores = {name: score.with_faults(of) for name, of in judged.items()}
    asked = work / "quiet.json"
    return {
        "machine": ours["machine"],
        "version": ours["version"],
        "metrics": ours["asked"]["metrics"],
        "ours": score.markdown({name: replace(of, faults={}) for name, of in scores.items()}),
        "faults": _faults(scores),
        "baselines": _compared(work, roots, {"the agent": "agent", **_RULES}),
        "perturbed": _compared(work, roots, {name: name for name in ("agent", *_PERTURBED)}),
        "quiet": quiet.table(read(asked)["cases"]) if asked.exists() else _NOT_MEASURED,
    }


def filled(frame: str, told: Mapping[str, str]) -> str:
    """The frame with every `{{name}}` in its place. KeyError when it asks for what nobody measured."""
    parts = frame.split("{{")
    return parts[0] + "".join(told[part.partition("}}")[0]] + part.partition("}}")[2] for part in parts[1:])


def _faults(scores: Mapping[str, Scores]) -> str:
    head = ("fault", "n", "AC@1", "AC@3", "AC@5", "answers")
    tables = [
        f"### {name}\n\n" + "\n".join(table(head, (_fault(fault, one) for fault, one in of.faults.items())))
        for name, of in scores.items()
        if len(of.faults) > 1
    ]
    return "\n\n".join(tables)


def _fault(fault: str, one: Scores) -> list[str]:
    reached = [f"{share:.3f}" for share in (one.strict.ac1, one.strict.ac3, one.strict.ac5)] if one.strict else [""] * 3
    return [fault, str(one.cases), *reached, " ".join(f"{word}:{count}" for word, count in one.verdicts.items())]


def _compared(work: Path, roots: Sequence[Path], files: Mapping[str, str]) -> str:
    """A row a run that there is, a column a set: AC@1 / AC@3."""
    there = {name: work / f"{file}.json" for name, file in files.items()}
    scored = {name: score.score(read(path), *roots) for name, path in there.items() if path.exists()}
    sets = [name for name, one in next(iter(scored.values())).items() if one.strict]
    rows = ([name, *(_pair(one[of]) for of in sets)] for name, one in scored.items())
    return "\n".join(table(("AC@1 / AC@3", *sets), rows))


def _pair(one: Scores) -> str:
    return f"{one.strict.ac1:.3f} / {one.strict.ac3:.3f}" if one.strict else ""
