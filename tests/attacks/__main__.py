"""Try every row of the attack table and a hostile model, print the table and write build/attacks.json.

python -m tests.attacks [--episodes 10000] [--seed 1] [--islands 2] [--add] [--no-rows]
"""

import argparse
import asyncio
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.attacks.table import MARK, Outcomes, Row, markdown

if TYPE_CHECKING:
    from tests.attacks.episodes import Tally

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "attacks.json"
EPISODES = ROOT / "build" / "attacks-episodes.jsonl"
"""What came of the episodes, while they run."""


def main() -> int:
    """1 when a row failed, or an effect was not authorised."""
    options = _options()
    outcomes = Outcomes()
    if not options.no_rows:
        pytest.main(["-q", "--no-header", "-m", MARK, str(ROOT / "tests")], plugins=[outcomes])
    from tests.attacks import episodes

    EPISODES.parent.mkdir(exist_ok=True)
    if not options.add:
        EPISODES.unlink(missing_ok=True)
    if options.episodes:
        first = max(options.seed, episodes.last_seed(EPISODES) + 1)
        episodes.run_on_islands(options.episodes, first, options.islands, EPISODES)
    tally = episodes.noted(EPISODES)
    rows = outcomes.rows()
    tally.utility = asyncio.run(episodes.utility())
    told = _told(rows, tally)
    OUT.write_text(json.dumps(told, indent=1) + "\n")
    if options.page:
        from tests.attacks import page

        page.write(told)
    print(markdown(rows))
    print(_summary(rows, tally))
    failed = [row for row in rows if row.tried and not row.ok]
    return 1 if failed or tally.unauthorised else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks")
    parser.add_argument("--episodes", type=int, default=1_000, help="with a model that is the attacker's")
    parser.add_argument("--seed", type=int, default=1, help="of the first episode; each next one has the next")
    parser.add_argument("--page", action="store_true", help="write what was measured into docs/security.md")
    parser.add_argument("--add", action="store_true", help="go on behind the episodes that were run before")
    parser.add_argument("--no-rows", action="store_true", help="episodes and figures alone")
    parser.add_argument("--islands", type=int, default=2, help="processes among which the episodes are divided")
    return parser.parse_args()


def _told(rows: list[Row], tally: "Tally") -> dict[str, Any]:
    from tests.attacks.clean import clean_lines
    from tests.attacks.episodes import found_after
    from tests.attacks.sanitising import sanitised
    from tests.attacks.secrecy import figures, lost_of, mistaken

    loss, requests = lost_of(clean_lines(400)), sanitised()
    taken, texts = mistaken(20)
    return {
        "commit": _commit(),
        "rows": [asdict(row) for row in rows],
        "episodes": tally.episodes,
        "unauthorised": len(tally.unauthorised),
        "effects": tally.effects,
        "reached": dict(sorted(tally.reached.items())),
        "utility": tally.utility,
        "found_after": asyncio.run(found_after()),
        "secrets": figures(20),
        "prompts": {"reaching": requests.reaching, "kept": requests.keeping},
        "clean": {"words": loss.words, "precision": loss.precision, "texts": texts, "taken": len(taken)},
    }


def _commit() -> str:
    """What is measured; the episodes of earlier runs may be of earlier ones."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return found.stdout.strip() or "an unknown commit"


def _summary(rows: list[Row], tally: "Tally") -> str:
    tried = [row for row in rows if row.tried]
    refused = f"{sum(row.ok for row in tried)} of {len(tried)} rows that were tried are refused"
    effects = f"{len(tally.unauthorised)} effects that nobody allowed, {tally.effects:,} that somebody did"
    untried = f"{len(rows) - len(tried)} could not be tried."
    told = [f"{refused}; {untried}", f"{tally.episodes:,} hostile episodes: {effects}.", *tally.unauthorised]
    return "\n" + "\n".join(told)


if __name__ == "__main__":
    sys.exit(main())
