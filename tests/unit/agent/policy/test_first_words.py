"""Words that an expression begins with, and hints."""

import re

from agent.policy.first_words import Words, around, beginnings, fewest, matches


def test_matches_begin_with_one_of_the_words_and_stand_apart() -> None:
    found = matches(re.compile(r"(?i:pass|pw)\w*"), ("pass", "pw"), "Pass passpw x pw1")
    assert [one[0] for one in found] == ["Pass", "passpw", "pw1"]


def test_a_hint_that_holds_another_is_not_looked_for() -> None:
    assert fewest(["mysqldump", "mysql", "mariadb", "mysqladmin"]) == ("mysql", "mariadb")
    assert fewest([]) == ()


def test_of_words_that_begin_with_another_only_that_is_looked_for() -> None:
    assert beginnings(["mysqldump", "zip", "mysql", "unzip"]) == ("zip", "mysql", "unzip")


def test_what_has_a_word_in_its_midst_is_found_about_it() -> None:
    text = "a=1 :X: b=2\n" + "c=3\n" * 500 + "d=4 :x: e=5"
    found = [one[0] for one in around(re.compile(r"\w=\d"), (":x:",), text, text.lower(), reach=12)]
    assert set(found) == {"a=1", "b=2", "c=3", "d=4", "e=5"}
    assert len(found) < 20


def test_what_is_around_two_words_is_found_once() -> None:
    text = "a=1 :x: b=2 :x: c=3"
    assert [one[0] for one in around(re.compile(r"\w=\d"), (":x:",), text, text)] == ["a=1", "b=2", "c=3"]


def test_words_are_found_wherever_they_stand_and_whatever_their_letters() -> None:
    words = Words(["password", "pw", "|", "-p ", "密码", "in", "e", "zz-top"])
    assert set(words.within("the pw of in | 密码")) == {"pw", "|", "密码", "in", "e"}
    assert words.within("") == []
    assert words.within("passwor d -p") == []


def test_of_many_words_the_same_are_found_as_of_few() -> None:
    many = tuple(f"word{number}" for number in range(20))
    text = "a word3x word17y word1 z"
    assert [one[0] for one in matches(re.compile(r"word\d+"), many, text)] == ["word3", "word17", "word1"]
