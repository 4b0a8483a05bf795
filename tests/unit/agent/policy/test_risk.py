"""Is an action as risky as the worst that is known of it, and never safer for what is not known?"""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from agent.domain.hypothesis import Diagnosis, Fault, Verdict
from agent.domain.remediation import Action, Argument, EffectStatus, Past, Reach, Risk, Step, SuccessQuery
from agent.domain.rules import Freeze, Hours, Policy
from agent.policy.risk import Now, freeze_at, score

SATURDAY = datetime(2026, 11, 21, 3, tzinfo=UTC)
POLICY = Policy(autonomy="auto")
DIAGNOSIS = Diagnosis(
    verdict=Verdict.CAUSE,
    analysed_by="analysis",
    component="cart",
    fault=Fault.TRAFFIC,
    summary="cart has too few replicas.",
    confidence=0.9,
)
HELPED = Past(at=SATURDAY, status=EffectStatus.DONE, recovered=True)
FAILED = Past(at=SATURDAY, status=EffectStatus.DONE, recovered=False)
ACTION = Action(
    name="scale",
    title="Scale {service}",
    faults=(Fault.TRAFFIC,),
    arguments={"service": Argument(entity=True), "replicas": Argument(type="integer")},
    risk=Risk.LOW,
    reversible=True,
    blast_radius="the number of its replicas",
    reach=Reach.PART,
    do=Step(executor="http", call={}),
    success=SuccessQuery.model_validate({"query": "up", "operator": "==", "value": 1, "within": 60}),
)
BEST = Now(
    at=SATURDAY,
    team="shop",
    labels={"env": "staging"},
    targets=("cart",),
    arguments={"service": "cart", "replicas": 4},
    observed={"replicas": 3},
    traffic=120.0,
    errors=0.9,
    past=(HELPED,),
)


def _highest(now: Now, action: Action = ACTION, diagnosis: Diagnosis = DIAGNOSIS, policy: Policy = POLICY) -> list[str]:
    """The first factor, and with it all that are as high."""
    factors = score(action, now, diagnosis, policy)
    top = factors[0].level
    return [top, *(factor.sentence for factor in factors if factor.level is top and top is not Risk.LOW)]


def test_where_all_is_known_and_well_it_is_low() -> None:
    assert _highest(BEST) == ["low"]
    assert [factor.name for factor in score(ACTION, BEST, DIAGNOSIS, POLICY)] == [
        *("freeze", "target", "change", "past", "reach", "undo", "catalogue", "confidence"),
        *("environment", "replicas", "traffic", "hours"),
    ]


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (replace(BEST, past=None), "It is not known what came of it before."),
        (replace(BEST, past=()), "scale has never been run on this target before."),
        (replace(BEST, labels={}), "No label says which environment it is; it may be production."),
        (replace(BEST, labels={"env": "eu-1"}), "The environment is eu-1."),
        (replace(BEST, traffic=None), "It is not known how much traffic the target serves now."),
        (replace(BEST, errors=None), "It is not known how much traffic the target serves now."),
        (replace(BEST, observed=None), "It is not known how many replicas the target has."),
        (
            replace(BEST, observed={"replicas": 1}, arguments={"replicas": 2}),
            "The target has 1 replica: none takes over.",
        ),
        (
            replace(BEST, errors=0.01),
            "The target serves 120 requests a second, 1% of them failing: those that succeed are at stake.",
        ),
        (replace(BEST, arguments={"replicas": 2}), "It sets replicas from 3 to 2, less than now."),
        (replace(BEST, arguments={"replicas": 20}), "It sets replicas from 3 to 20, more than threefold."),
        (replace(BEST, past=(HELPED, HELPED, FAILED)), "Of its last 3 runs on this target 2 helped."),
    ],
)
def test_what_is_unknown_or_worse_is_medium_and_says_so(now: Now, sentence: str) -> None:
    assert _highest(now) == ["medium", sentence]


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (replace(BEST, arguments={"replicas": 0}), "It sets replicas from 3 to 0, less than half."),
        (replace(BEST, targets=("payment",)), "It acts on payment, which is not the diagnosed cause."),
        (replace(BEST, targets=()), "It does not say what it acts on."),
        (replace(BEST, past=(FAILED, FAILED, HELPED)), "Of its last 3 runs on this target 1 helped."),
        (
            replace(BEST, past=(Past(at=SATURDAY, status=EffectStatus.UNKNOWN, recovered=None), HELPED, HELPED)),
            "Of its last 3 runs on this target 2 helped.",
        ),
    ],
)
def test_what_may_well_do_harm_is_high_and_says_so(now: Now, sentence: str) -> None:
    assert _highest(now) == ["high", sentence]


@pytest.mark.parametrize(
    ("changed", "level", "sentence"),
    [
        ({"reach": Reach.SERVICE}, "medium", "It touches the number of its replicas."),
        ({"reach": Reach.SEVERAL}, "high", "It touches the number of its replicas."),
        ({"reversible": False}, "medium", "It cannot be undone."),
        ({"risk": Risk.HIGH}, "high", "Its author rates it high."),
    ],
)
def test_the_catalogue_can_only_raise_it(changed: dict[str, object], level: str, sentence: str) -> None:
    assert _highest(BEST, action=ACTION.model_copy(update=changed)) == [level, sentence]


def test_a_diagnosis_that_is_unsure_makes_it_riskier() -> None:
    unsure = DIAGNOSIS.model_copy(update={"confidence": 0.5})
    assert _highest(BEST, diagnosis=unsure) == [
        "medium",
        "The diagnosis is 50% sure, less than the 80% that are needed.",
    ]


def test_a_change_freeze_is_high_for_those_it_is_about() -> None:
    begin, end = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
    freeze = Freeze(name="Black Friday", starts_at=begin, ends_at=end, teams=("shop",))
    frozen = Policy(autonomy="auto", freezes=(freeze,))
    sentence = "The change freeze “Black Friday” holds until 2026-11-30 00:00 UTC."
    assert _highest(BEST, policy=frozen) == ["high", sentence]
    assert _highest(replace(BEST, team="payments"), policy=frozen) == ["low"]
    assert (freeze_at((freeze,), "shop", begin), freeze_at((freeze,), "shop", end)) == (freeze, None)


def test_at_night_fewer_people_can_help() -> None:
    office = Policy(autonomy="auto", hours=Hours(begin=time(9), end=time(17), zone="Europe/Berlin"))
    sentence = "It is Saturday 04:00 in Europe/Berlin, outside working hours."
    assert _highest(BEST, policy=office) == ["medium", sentence]
    assert _highest(replace(BEST, at=datetime(2026, 11, 20, 9, tzinfo=UTC)), policy=office) == ["low"]
