import pytest

from agent.correlate.comparison import adjusted_rand, merged_away, torn


def test_adjusted_rand_agrees_with_the_published_example() -> None:
    # Hubert and Arabie's worked form on two partitions of six: sum 2, rows 6, columns 3, pairs 15.
    assert adjusted_rand([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]) == pytest.approx((2 - 1.2) / (4.5 - 1.2))


def test_cause_that_leads_nowhere_is_merged_away_and_where_to_is_said() -> None:
    assert merged_away("aaabbc", "xxxxyx") == {"c": "x"}
    assert merged_away("aabb", "xxyy") == {}


def test_cause_in_several_groups_is_torn() -> None:
    assert torn("aaab", "xyzz") == {"a": 3}
