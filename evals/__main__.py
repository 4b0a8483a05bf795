"""`python -m evals`: cases in, scores out."""

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent.domain.errors import AgentError
from tools.base import BackendError

if TYPE_CHECKING:
    from evals.answering import How


def main(arguments: Sequence[str] | None = None) -> int:
    """0 for success, 1 when a case failed or nothing was found, 2 for wrong usage, 130 when it was stopped."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.command(asked))
    except (ValueError, OSError, BackendError, AgentError) as problem:
        print(f"{asked.name}: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where it stood.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="name")
    _add_run(commands.add_parser("run", help="the whole agent on every case below DIR", epilog=_EXAMPLES["run"]))
    _add_baselines(commands.add_parser("baselines", help="a rule of the literature", epilog=_EXAMPLES["baselines"]))
    _add_quiet(commands.add_parser("quiet", help="the agent, asked before anything broke", epilog=_EXAMPLES["quiet"]))
    _add_report(commands.add_parser("report", help="all of it, as docs/accuracy.md", epilog=_EXAMPLES["report"]))
    score = commands.add_parser("score", help="results against the truth", epilog=_EXAMPLES["score"])
    score.add_argument("results", type=Path)
    score.add_argument("--truth", type=Path, required=True, nargs="+")
    score.add_argument("--out", type=Path, help="the scores as JSON")
    score.add_argument("--plot", type=Path, help="a reliability diagram of the stated confidence, as SVG")
    score.set_defaults(command=_score)
    storm = commands.add_parser("storm", help="a stream of alerts through intake and correlation")
    storm.add_argument("stream", type=Path)
    storm.add_argument("--truth", type=Path, required=True)
    storm.add_argument("--out", type=Path, help="the scores as JSON")
    storm.add_argument("--spacing", type=float, help="re-time: an incident every so many seconds; 0: at random")
    storm.add_argument("--half", type=int, choices=(0, 1, 2), default=0, help="only the first or second half of them")
    storm.add_argument("--seed", type=int, default=0, help="shuffle the incidents, and draw random spacings")
    storm.set_defaults(command=_storm)
    lies = commands.add_parser("lies", help="false and true claims of the cases below DIR, put to the check of claims")
    lies.add_argument("dir", type=Path)
    lies.add_argument("--seed", type=int, default=1)
    lies.add_argument("--lies", type=int, default=200, help="how many; and as many true claims")
    lies.add_argument("--out", type=Path, help="every claim and what became of it, as JSON")
    lies.set_defaults(command=_lies)
    probes = commands.add_parser("probes", help="the same cases with less known of them, or in other words")
    probes.add_argument("dir", type=Path, nargs="+")
    probes.add_argument("--only", nargs="*", default=[], metavar="PROBE", help="all when none is named")
    probes.add_argument("--every", type=int, default=1, help="of each set, every so manyth case")
    probes.add_argument("--seed", type=int, default=1, help="which series, scrapes and neighbours")
    probes.add_argument("--jobs", type=int, default=1, help="cases worked on at once, each in a process of its own")
    probes.add_argument("--out", type=Path, help="every answer, as JSON")
    probes.set_defaults(command=_probes)
    _add_loso(commands.add_parser("loso", help="every number of the analysis chosen on the other sets, set by set"))
    learning = commands.add_parser("learning", help="the cases below DIR again and again, each closed and confirmed")
    learning.add_argument("dir", type=Path)
    learning.add_argument("--times", type=int, default=5, help="how often each case happens")
    learning.add_argument("--prior", action="store_true", help="without a memory: what two people said, alone")
    learning.add_argument("--out", type=Path, help="every investigation, as JSON")
    learning.set_defaults(command=_learning)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    _add_results(run)
    _add_asked(run)
    run.add_argument("--delay-seed", type=int, help="let every alert start 1 to 10 minutes late, by this seed")
    run.add_argument("--rename-seed", type=int, help="give every component a random name, by this seed")
    run.set_defaults(command=_run)


def _add_baselines(baselines: argparse.ArgumentParser) -> None:
    _add_results(baselines)
    baselines.add_argument("--rule", required=True, help="one of those that evals/baselines.py tells of")
    baselines.set_defaults(command=_baselines)


def _add_quiet(quiet: argparse.ArgumentParser) -> None:
    _add_results(quiet)
    _add_asked(quiet)
    quiet.add_argument("--windows", type=int, default=2, help="how many of each case")
    quiet.add_argument("--seed", type=int, default=1, help="where in its part of the history each is cut")
    quiet.set_defaults(command=_quiet)


def _add_loso(loso: argparse.ArgumentParser) -> None:
    loso.add_argument("dir", type=Path, nargs="+")
    loso.add_argument("--out", type=Path, help="the figures and what was chosen, as JSON; Markdown is printed")
    loso.add_argument("--constants", action="store_true", help="choose the constants of the analysis, too: takes long")
    loso.add_argument("--rounds", type=int, default=3, help="of the search for constants, at most: one moves each once")
    loso.add_argument("--work", type=Path, help="a folder for what was analysed; what is in it is kept")
    loso.add_argument("--jobs", type=int, default=1, help="processes; each observes every case once")
    loso.add_argument(
        "--quiet", nargs="*", default=[], metavar="SET", help="sets whose history before is free of faults"
    )
    loso.add_argument("--windows", type=int, default=4, help="windows of quiet of each of their cases")
    loso.add_argument("--seed", type=int, default=1, help="where in its part of the history each is cut")
    loso.set_defaults(command=_loso)


def _add_report(report: argparse.ArgumentParser) -> None:
    _add_results(report)
    report.add_argument("--work", type=Path, required=True, help="a folder for the results; what is in it is kept")
    report.add_argument("--plot", type=Path, required=True, help="where the picture goes")
    report.add_argument("--loso", type=Path, help="what leave-one-set-out came to, as Markdown")
    report.add_argument("--probes", type=Path, help="what the probes came to, as Markdown")
    report.add_argument("--as-is", action="store_true", help="run nothing: write the page from what is in the folder")
    report.set_defaults(command=_report)


def _add_asked(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default="", help="e.g. openai:gpt-5-mini, at OPENAI_BASE_URL; none: analysis only")
    command.add_argument(
        "--metrics",
        choices=("auto", "prometheus", "recorded"),
        default="auto",
        help="who answers for the metrics: a real Prometheus (auto: when it is installed), or the adapter in-process",
    )


def _add_results(command: argparse.ArgumentParser) -> None:
    command.add_argument("dir", type=Path, nargs="+")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--jobs", type=_some, default=1, help="cases worked on at once, each in a process of its own")
    command.add_argument("--timeout", type=float, default=300.0, help="seconds for one case")
    command.add_argument("--fresh", action="store_true", help="answer again what is answered in the file already")


def _some(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


_EXAMPLES = {
    "run": "python -m evals run evals/cases --jobs 2 --out results.json",
    "score": "python -m evals score results.json --truth evals/cases",
    "baselines": "python -m evals baselines evals/cases --rule max_z --out max_z.json",
    "quiet": "python -m evals quiet evals/cases --out quiet.json",
    "report": "python -m evals report evals/cases --work build/accuracy --plot p.svg --out accuracy.md",
}


def _run(asked: argparse.Namespace) -> int:
    from evals import run  # noqa: PLC0415 (the other commands do not need the agent)

    question = run.Asked(asked.model, asked.metrics, asked.delay_seed, asked.rename_seed)
    return run.command(asked.dir, question, _how(asked))


def _loso(asked: argparse.Namespace) -> int:
    from evals import loso, loso_study  # noqa: PLC0415 (likewise)

    windows = loso_study.Windows(tuple(asked.quiet), asked.windows, asked.seed)
    chosen = loso.Asked(asked.constants, asked.rounds, asked.work, asked.jobs)
    return loso.command(asked.dir, asked.out, windows, chosen)


def _baselines(asked: argparse.Namespace) -> int:
    from evals import baselines  # noqa: PLC0415 (likewise)

    return baselines.command(asked.dir, asked.rule, _how(asked))


def _quiet(asked: argparse.Namespace) -> int:
    from evals import quiet, run  # noqa: PLC0415 (likewise)

    question = run.Asked(asked.model, asked.metrics)
    return quiet.command(asked.dir, question, _how(asked), windows=asked.windows, seed=asked.seed)


def _report(asked: argparse.Namespace) -> int:
    from evals import report  # noqa: PLC0415 (likewise)

    apart = report.Apart(asked.loso, asked.probes)
    return report.command(asked.dir, asked.work, _how(asked), asked.plot, apart, as_is=asked.as_is)


def _how(asked: argparse.Namespace) -> "How":
    from evals.answering import How  # noqa: PLC0415 (likewise)

    return How(asked.out, asked.jobs, timedelta(seconds=asked.timeout), asked.fresh)


def _score(asked: argparse.Namespace) -> int:
    from evals import score  # noqa: PLC0415 (likewise)

    return score.command(asked.results, asked.truth, asked.out, asked.plot)


def _storm(asked: argparse.Namespace) -> int:
    from evals import storm  # noqa: PLC0415 (likewise)

    retiming = storm.Retiming(spacing=asked.spacing, half=asked.half, seed=asked.seed)
    return storm.command(asked.stream, asked.truth, asked.out, retiming)


def _lies(asked: argparse.Namespace) -> int:
    from evals.lies import measure  # noqa: PLC0415 (likewise)

    return measure.command(asked.dir, asked.seed, asked.lies, asked.out)


def _probes(asked: argparse.Namespace) -> int:
    from evals.probes import measure  # noqa: PLC0415 (likewise)

    probed = measure.Asked(asked.only, asked.every, asked.seed)
    return measure.command(asked.dir, probed, asked.out, jobs=asked.jobs)


def _learning(asked: argparse.Namespace) -> int:
    from evals import learning  # noqa: PLC0415 (likewise)

    return learning.command(asked.dir, asked.times, asked.out, prior=asked.prior)


if __name__ == "__main__":
    sys.exit(main())
