"""`python -m evals`: cases in, scores out."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """0 for success, 1 when a case failed or nothing was found, 2 for wrong usage."""
    asked = _parser().parse_args(arguments)
    return int(asked.command(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser(
        "run", help="the agent on every case below DIR", epilog="evals run evals/cases --out r.json"
    )
    run.add_argument("dir", type=Path)
    run.add_argument("--out", type=Path, required=True)
    run.add_argument("--jobs", type=int, default=1, help="cases worked on at once")
    run.add_argument("--model", default="", help="e.g. openai:gpt-5-mini; none: analysis only")
    run.set_defaults(command=_run)
    score = commands.add_parser("score", help="results against the truth", epilog="evals score r.json --truth DIR")
    score.add_argument("results", type=Path)
    score.add_argument("--truth", type=Path, required=True)
    score.add_argument("--out", type=Path, help="the scores as JSON")
    score.set_defaults(command=_score)
    storm = commands.add_parser("storm", help="a stream of alerts through intake and correlation")
    storm.add_argument("stream", type=Path)
    storm.add_argument("--truth", type=Path, required=True)
    storm.add_argument("--out", type=Path, help="the scores as JSON")
    storm.set_defaults(command=_storm)
    lies = commands.add_parser("lies", help="false and true claims of the cases below DIR, put to the check of claims")
    lies.add_argument("dir", type=Path)
    lies.add_argument("--seed", type=int, default=1)
    lies.add_argument("--lies", type=int, default=200, help="how many; and as many true claims")
    lies.add_argument("--out", type=Path, help="every claim and what became of it, as JSON")
    lies.set_defaults(command=_lies)
    return parser


def _run(asked: argparse.Namespace) -> int:
    from evals import run  # noqa: PLC0415 (the other commands do not need the agent)

    return run.command(asked.dir, asked.out, asked.jobs, asked.model)


def _score(asked: argparse.Namespace) -> int:
    from evals import score  # noqa: PLC0415 (likewise)

    return score.command(asked.results, asked.truth, asked.out)


def _storm(asked: argparse.Namespace) -> int:
    from evals import storm  # noqa: PLC0415 (likewise)

    return storm.command(asked.stream, asked.truth, asked.out)


def _lies(asked: argparse.Namespace) -> int:
    from evals.lies import measure  # noqa: PLC0415 (likewise)

    return measure.command(asked.dir, asked.seed, asked.lies, asked.out)


if __name__ == "__main__":
    sys.exit(main())
