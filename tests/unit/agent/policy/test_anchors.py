"""Words that an expression begins with, and hints."""

import re

from agent.policy.anchors import fewest, matches


def test_matches_begin_with_one_of_the_words_and_stand_apart() -> None:
    found = matches(re.compile(r"(?i:pass|pw)\w*"), ("pass", "pw"), "Pass passpw x pw1")
    assert [one[0] for one in found] == ["Pass", "passpw", "pw1"]


def test_a_hint_that_holds_another_is_not_looked_for() -> None:
    assert fewest(["mysqldump", "mysql", "mariadb", "mysqladmin"]) == ("mysql", "mariadb")
    assert fewest([]) == ()
