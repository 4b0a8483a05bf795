"""Bring about every fault of the catalogue, print the table and write build/chaos.json.

python -m tests.chaos [--full] [--add] [--seconds 240] [--share 0.01] [--kills 2000] [--rows F01 F04] [--page]

Each try is a line of build/chaos.jsonl as it ends; `--add` goes on where that ends, and the table is of all of them.
One seed again: --row F04 --seed 17 --deployment embedded --one.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.chaos import bugs, cold, deployment, page, table
from tests.chaos.book import Book, Tally
from tests.chaos.campaign import Limits, calm, campaign
from tests.chaos.deployment import shared
from tests.chaos.rows import ROWS
from tests.chaos.server import Ground, import_all, prepared

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "chaos.json"


def main() -> int:
    """1 when anything was found, or a planted bug was not, or a drill failed by itself."""
    options = _options()
    if options.one:
        return _one(options)
    book = Book(options.out.with_suffix(".jsonl"))
    book.begin(anew=not (options.add or options.table))
    if not options.table:
        _try_all(options, book)
    tally = Tally.of(book.lines())
    result = table.told(tally)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    if options.page:
        page.write(result)
    print(page.made(result))
    print(*tally.findings, *tally.failed, sep="\n")
    return int(bool(tally.findings or tally.failed) or result["planted"]["caught"] < result["planted"]["of"])


def _try_all(options: argparse.Namespace, book: Book) -> None:
    os.nice(options.nice)
    rows = {id_: ROWS[id_] for id_ in options.rows if options.full or options.chosen or not ROWS[id_].slow}
    for id_ in list(rows):
        if why := rows[id_].probe():
            book.note(skipped=id_, why=why)
            del rows[id_]
    deployments = options.deployment
    if "shared" in deployments and (why := deployment.probe()):
        book.note(skipped="Redis and PostgreSQL", why=why)
        deployments = ["embedded"]
    book.note(began=_commit(), first_seed=book.next_seed())
    with prepared() as ground:
        import_all(ground)
        if options.bugs:
            with book.though_it_fails():
                for caught in bugs.caught(ground):
                    book.note(**table.noted(caught))
        known = calm(ground)
        for number in range(options.cold):
            with book.though_it_fails():
                book.note(cold=cold.recovery(ground, known, book.next_seed() + number))
        limits = Limits(options.share, options.seconds, options.kills)
        campaign(ground, book, rows, limits, deployments=tuple(deployments), beside=options.beside)


def _one(options: argparse.Namespace) -> int:
    with prepared() as ground:
        import_all(ground)
        if options.deployment[0] == "shared":
            with shared() as servers:
                placed = ground.on(servers)
                import_all(placed)
                return _again(placed, options)
        return _again(ground, options)


def _again(ground: Ground, options: argparse.Namespace) -> int:
    found = ROWS[options.rows[0]].attempt(ground, options.seed, calm(ground)).found
    print(*(found.lost + found.duplicates + found.broken) or ["nothing found"], sep="\n")
    return int(bool(found))


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--full", action="store_true", help="until the goal of every row is met")
    parser.add_argument("--share", type=float, default=0, help="of the goals; 0.01, or 1 with --full")
    parser.add_argument("--seconds", type=float, default=0, help="at most; 240, or no end with --full")
    parser.add_argument("--kills", type=float, default=float("inf"), help="kills first, and no more than so many")
    parser.add_argument("--add", action="store_true", help="to what was tried before, which is forgotten otherwise")
    parser.add_argument("--table", action="store_true", help="try nothing; the table of what was tried before")
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), help="only these")
    parser.add_argument("--deployment", nargs="+", choices=["embedded", "shared"], default=["embedded", "shared"])
    parser.add_argument("--seed", type=int, default=1, help="with --one")
    parser.add_argument("--one", action="store_true", help="only this seed of this row")
    parser.add_argument("--cold", type=int, default=10, help="recoveries that start with a fresh interpreter")
    parser.add_argument("--no-bugs", dest="bugs", action="store_false", help="leave the planted bugs out")
    parser.add_argument("--beside", type=int, default=2, help="processes that share the work")
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--page", action="store_true", help="write docs/reliability.md too")
    options = parser.parse_args()
    if options.one and not (options.rows and len(options.rows) == 1):
        parser.error("--one wants one of --rows")
    options.share = options.share or (1.0 if options.full else 0.01)
    options.seconds = options.seconds or (float("inf") if options.full else 240.0)
    options.chosen = bool(options.rows)
    options.rows = options.rows or list(ROWS)
    return options


if __name__ == "__main__":
    sys.exit(main())
