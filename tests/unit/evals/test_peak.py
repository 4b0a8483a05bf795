import subprocess
import sys

MEGABYTES = 40
MEASURED = f"""
import numpy as np
from evals.peak import Peak
peak = Peak()
peak.begin()
before = peak.megabytes()
np.ones({MEGABYTES} * 2**20 // 8).sum()
taken = peak.megabytes() - before
peak.begin()
print(taken, peak.megabytes() - before)
"""


def test_what_was_taken_and_given_back_counts_until_the_next_beginning() -> None:
    # In a process of its own: what other tests give back meanwhile would be counted against it.
    told = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True, timeout=120)
    taken, after = map(float, told.stdout.split())

    assert MEGABYTES * 0.8 < taken < MEGABYTES * 2
    assert after < MEGABYTES / 2
