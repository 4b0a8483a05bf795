import pytest

from agent.catalogue.choose import Choice, choose
from agent.domain.hypothesis import Fault, Verdict
from agent.domain.remediation import Argument, Risk, Step
from tests.unit.agent.catalogue.actions import SERVICE, action, diagnosis

RESTART = action("restart", faults=(Fault.CRASH, Fault.RESOURCE_MEMORY))
RISKY = action("drain", faults=(Fault.CRASH,), risk=Risk.HIGH)
UNDOABLE = action("fail-over", faults=(Fault.CRASH,), risk=Risk.HIGH, reversible=True, rollback=RESTART.do)
SPECIAL = action("replay", faults=(Fault.TRAFFIC, Fault.CRASH), services=("checkout",))
FLAG = action(
    "disable-flag",
    faults=(Fault.CONFIGURATION, Fault.CRASH),
    arguments={"service": SERVICE, "flag": Argument(pattern="[a-z_]+")},
    do=Step(executor="http", call={"path": "/{service}/{flag}"}),
)


def _names(choices: list[Choice]) -> list[str]:
    return [choice.action.name for choice in choices]


def test_the_action_made_for_the_component_comes_first_then_the_undoable_then_the_lower_risk() -> None:
    found = choose([RISKY, RESTART, UNDOABLE, FLAG, SPECIAL], diagnosis(), {"checkout"})
    assert _names(found) == ["replay", "fail-over", "restart", "drain", "disable-flag"]


def test_an_action_that_names_the_fault_earlier_is_preferred() -> None:
    second = action("a-second", faults=(Fault.TRAFFIC, Fault.CRASH))
    assert _names(choose([second, RESTART], diagnosis(), {"checkout"})) == ["restart", "a-second"]


def test_a_choice_names_its_target() -> None:
    assert choose([RESTART], diagnosis(), {"checkout"}) == [Choice(RESTART, {"service": "checkout"}, ())]


def test_what_nothing_observed_gives_a_value_for_is_missing() -> None:
    (found,) = choose([FLAG], diagnosis(fault=Fault.CONFIGURATION), {"checkout"})
    assert (found.arguments, found.missing) == ({"service": "checkout"}, ("flag",))


def test_the_latest_change_that_tells_an_argument_gives_it() -> None:
    told = Argument(pattern="[a-z-]+", observed_in="([^ ]+) switched on")
    switch = FLAG.model_copy(update={"arguments": {"service": SERVICE, "flag": told}})
    changes = ["checkout 1.2 -> 1.3", "checkout: new-prices switched on", "checkout: dark-mode switched on"]
    asked = [changes, changes[:1], ["checkout: $(id) switched on"], []]
    found = [choose([switch], diagnosis(fault=Fault.CONFIGURATION), {"checkout"}, one)[0] for one in asked]
    assert [(dict(one.arguments), one.missing) for one in found] == [
        ({"service": "checkout", "flag": "new-prices"}, ()),
        ({"service": "checkout"}, ("flag",)),
        ({"service": "checkout"}, ("flag",)),
        ({"service": "checkout"}, ("flag",)),
    ]


@pytest.mark.attack("S15")
def test_a_change_never_replaces_the_diagnosed_target() -> None:
    told = SERVICE.model_copy(update={"observed_in": "([a-z]+) is to be restarted"})
    restart = RESTART.model_copy(update={"arguments": {"service": told}})
    (found,) = choose([restart], diagnosis(), {"checkout", "payment"}, ["payment is to be restarted"])
    assert found.arguments == {"service": "checkout"}


@pytest.mark.attack("S14")
def test_nothing_is_chosen_for_a_component_that_no_tool_returned() -> None:
    assert choose([RESTART], diagnosis(), {"payment"}) == []


def test_nothing_is_chosen_for_a_component_that_the_action_cannot_name() -> None:
    assert choose([RESTART], diagnosis("Check out!"), {"Check out!"}) == []


def test_nothing_is_chosen_when_no_cause_was_found() -> None:
    found = [choose([RESTART], diagnosis(verdict=verdict), {"checkout"}) for verdict in Verdict]
    assert [bool(choices) for choices in found] == [True, False, False]


def test_nothing_is_chosen_for_another_fault_or_for_another_service() -> None:
    assert choose([RESTART], diagnosis(fault=Fault.NETWORK), {"checkout"}) == []
    assert choose([SPECIAL], diagnosis("payment"), {"payment"}) == []
