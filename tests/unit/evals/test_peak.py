import numpy as np

from evals.peak import Peak

MEGABYTES = 40


def test_what_was_taken_and_given_back_counts_until_the_next_beginning() -> None:
    peak = Peak()
    peak.begin()
    before = peak.megabytes()
    np.ones(MEGABYTES * 2**20 // 8).sum()
    taken = peak.megabytes() - before
    peak.begin()
    after = peak.megabytes()

    assert MEGABYTES * 0.8 < taken < MEGABYTES * 2
    assert after < before + MEGABYTES / 2
