"""Lines of logs without a secret: what our own laboratory recorded."""

import json
import lzma
from collections.abc import Iterator
from pathlib import Path

CASES = Path(__file__).parents[2] / "evals" / "cases" / "lab"


def clean_lines(most: int) -> Iterator[str]:
    """Up to so many of each recorded case."""
    for path in sorted(CASES.glob("*/logs.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for _, line in zip(range(most), file, strict=False):
                yield json.loads(line)["message"]
