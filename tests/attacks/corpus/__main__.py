"""Prints the corpus as JSON lines: `python -m tests.attacks.corpus --seed 1 --each 20`."""

import argparse
import json
import sys
from dataclasses import asdict

from tests.attacks.corpus.mixing import samples


def main() -> None:
    """Read the command line and print one sample a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same corpus")
    parser.add_argument("--each", type=int, default=20, help="samples of every kind of secret; twice as many clean")
    options = parser.parse_args()
    for sample in samples(options.each, options.seed):
        sys.stdout.write(json.dumps(asdict(sample), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
