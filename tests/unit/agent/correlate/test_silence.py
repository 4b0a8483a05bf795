import time
from typing import Literal

import pytest

from agent.correlate.silence import Silences, problem
from agent.domain.silence import Matcher, Silence
from tests.unit.agent.correlate.desk import Desk, alert, at


def silence(*matchers: Matcher, begins: float = 0, ends: float = 100, id_: str = "si1") -> Silence:
    return Silence(id=id_, matchers=matchers, starts_at=at(begins), ends_at=at(ends), created_by="ada")


def service_is(value: str, operator: Literal["=", "!=", "=~", "!~"] = "=", label: str = "service") -> Matcher:
    return Matcher(label=label, operator=operator, value=value)


def test_silenced_alert_opens_nothing_until_the_silence_ends_and_the_alert_is_sent_again() -> None:
    desk = Desk(silences=[silence(service_is("cart"))])

    assert desk.told(10, alert()) == ("silenced", None, "Nothing")
    assert desk.reason(50, alert()) == ('Silenced by ada until 2026-11-21 12:01:40 UTC: service="cart" (silence si1).')
    assert desk.told(100, alert()) == ("incident", "in0001", "Opens")
    assert desk.told(110, alert()) == ("duplicate", "in0001", "Nothing")
    assert desk.told(120, alert(ended=119)) == ("incident", "in0001", "Resolves")


def test_end_of_a_silenced_alert_is_silenced_too() -> None:
    desk = Desk(silences=[silence(service_is("cart"))])
    desk.take(10, alert())

    assert desk.told(20, alert(ended=19)) == ("silenced", None, "Nothing")
    assert desk.told(21, alert(began=20)) == ("silenced", None, "Nothing")


def test_silence_made_later_does_not_hide_the_end_of_what_is_known() -> None:
    desk = Desk()
    desk.take(0, alert())
    desk.standing.silence(silence(service_is("cart")))

    assert desk.told(10, alert()) == ("duplicate", "in0001", "Nothing")
    assert desk.told(11, alert("Latency")) == ("silenced", None, "Nothing")
    assert desk.told(20, alert(ended=19)) == ("incident", "in0001", "Resolves")


def test_silence_begins_when_it_says_and_can_be_taken_back() -> None:
    desk = Desk(silences=[silence(service_is("cart"), begins=50)])

    assert desk.told(10, alert("A")) == ("incident", "in0001", "Opens")
    assert desk.told(60, alert("B")) == ("silenced", None, "Nothing")
    desk.standing.silence(silence(service_is("cart"), begins=50, ends=60.5))
    assert desk.told(61, alert("C")) == ("incident", "in0001", "Joins")


@pytest.mark.parametrize(
    ("matcher", "matches"),
    [
        (service_is("cart"), True),
        (service_is("car"), False),
        (service_is("cart", "!="), False),
        (service_is("shop", "!="), True),
        (service_is("ca.*", "=~"), True),
        (service_is("ca", "=~"), False),
        (service_is("cart|shop", "=~"), True),
        (service_is("ca.*", "!~"), False),
        (service_is("shop", "!~"), True),
        (service_is("", "=", "team"), True),
        (service_is("x", "!=", "team"), True),
        (service_is(".+", "=~", "team"), False),
    ],
)
def test_matchers_match_the_whole_value_and_take_absent_for_empty(matcher: Matcher, matches: bool) -> None:
    found = Silences([silence(matcher)]).matching({"service": "cart"}, at(1))

    assert (found is not None) is matches


def test_all_matchers_must_match_and_the_longest_silence_is_named() -> None:
    silences = Silences(
        [
            silence(service_is("cart"), service_is("dev", label="env"), ends=999),
            silence(service_is("cart"), id_="si2", ends=60),
            silence(service_is("cart"), id_="si3", ends=70),
        ]
    )
    found = silences.matching({"service": "cart", "env": "prod"}, at(1))

    assert found is not None
    assert found.id == "si3"
    assert silences.matching({"service": "cart", "env": "prod"}, at(70)) is None


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(.|\n)*a(.|\n)*b(.|\n)*c(.|\n)*d"])
def test_expression_that_takes_for_ever_does_not_match_and_takes_no_time(pattern: str) -> None:
    silences = Silences([silence(service_is(pattern, "=~"))])
    started = time.perf_counter()

    assert silences.matching({"service": "a" * 400 + "bc" * 300}, at(1)) is None
    assert time.perf_counter() - started < 60


def test_what_cannot_be_used_is_refused_with_the_reason_and_matches_nothing() -> None:
    deep = "(" * 20_000 + ")" * 20_000
    wrong = [silence(service_is(expression, "=~")) for expression in ("(", deep)]
    odd = [silence(), silence(service_is("cart"), ends=0), *wrong]

    assert [problem(one) for one in odd] == [
        "A silence needs at least one matcher, or it would silence everything.",
        "A silence must end after it starts.",
        'service=~"(" is not a regular expression: missing ) at position 1.',
        "The regular expression for service is nested too deeply.",
    ]
    assert problem(silence(service_is("cart"))) == ""
    assert Silences(odd).matching({"service": "cart"}, at(1)) is None
