from dataclasses import replace

import pytest

from agent.analysis.standing import Standing
from agent.analysis.verdicts import judge
from agent.analysis.weights import SHIPPED
from agent.domain.hypothesis import Verdict

BY = SHIPPED.judgement
QUIET = Standing(
    weight=0.0,
    loud=0.0,
    felt=0.0,
    unusual=False,
    seen=40,
    told=0.0,
    storm=False,
    known=False,
    visible=True,
    harmless=False,
    unmet=False,
    anything=True,
)
LIKELY = replace(QUIET, weight=4.0, loud=3.0, felt=0.5)
LOUD = replace(QUIET, weight=6.0, loud=5.0, felt=0.9)


def test_a_suspect_is_the_cause_unless_what_the_alert_fires_on_does_not_hold() -> None:
    assert [judge(replace(LIKELY, unmet=unmet), BY)[0] for unmet in (False, True)] == [
        Verdict.CAUSE,
        Verdict.INCONCLUSIVE,
    ]


def test_no_word_of_the_sender_hides_what_is_all_but_certain() -> None:
    assert judge(replace(LOUD, unmet=True), BY)[0] is Verdict.CAUSE


def test_the_number_of_alerts_is_no_fault_where_what_they_fire_on_does_not_hold() -> None:
    assert [judge(replace(QUIET, known=True, unmet=unmet), BY)[0] for unmet in (False, True)] == [
        Verdict.CAUSE,
        Verdict.INCONCLUSIVE,
    ]


def test_a_cluster_that_tells_a_fault_is_believed_whatever_the_alert_fires_on() -> None:
    assert judge(replace(LIKELY, unmet=True, told=0.9), BY)[0] is Verdict.CAUSE


def test_nothing_is_called_healthy_of_which_one_moment_was_unusual() -> None:
    odd = replace(QUIET, unusual=True)

    found = [judge(one, BY)[0] for one in (QUIET, odd, replace(odd, unmet=True), replace(odd, harmless=True))]

    assert found == [Verdict.HEALTHY, Verdict.INCONCLUSIVE, Verdict.HEALTHY, Verdict.HEALTHY]


@pytest.mark.parametrize(("seen", "most"), [(0, 1 / 2), (4, 5 / 6), (98, 99 / 100)])
def test_who_looked_seldom_is_not_sure_that_all_is_well(seen: int, most: float) -> None:
    verdict, sure = judge(replace(QUIET, seen=seen), BY)

    assert (verdict, 0.95 * most < sure < most) == (Verdict.HEALTHY, True)
