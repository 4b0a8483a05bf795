"""Who may do what, and is the reason one a person can act on?"""

import pytest

from agent.domain.errors import NotAllowed
from agent.domain.key import Kind, Scope
from agent.domain.remediation import Risk
from agent.identity.roles import Caller, Leave, approval_scope, leave, require


def caller(*scopes: Scope, kind: Kind = "person") -> Caller:
    return Caller(name="ann", kind=kind, scopes=frozenset(scopes))


@pytest.mark.parametrize(
    ("held", "asked", "allowed"),
    [
        (("read",), "read", True),
        (("read",), "ask", False),
        (("ask",), "read", False),
        (("ingest",), "read", False),
        (("approve:low",), "approve:low", True),
        (("approve:low",), "approve:high", False),
        (("approve:high",), "approve:low", True),
        (("approve:high",), "read", False),
        (("admin",), "approve:high", True),
        (("admin",), "ingest", True),
        ((), "read", False),
    ],
)
def test_scopes_open_what_they_say_and_no_more(held: tuple[Scope, ...], asked: Scope, allowed: bool) -> None:
    assert caller(*held).may(asked) is allowed


@pytest.mark.parametrize("held", ["approve:low", "approve:high", "admin"])
@pytest.mark.parametrize("asked", ["approve:low", "approve:high"])
def test_a_machine_approves_nothing_whatever_its_key_says(held: Scope, asked: Scope) -> None:
    assert leave(caller(held, kind="machine"), asked) == Leave(
        allowed=False, reason="ann is a machine, and only a person can approve."
    )


def test_the_reason_names_what_is_missing_and_what_is_there() -> None:
    assert leave(caller("read", "ask"), "admin").reason == "ann needs the scope admin and has: ask, read."
    assert leave(caller(), "read").reason == "ann needs the scope read and has: none."
    assert leave(caller("approve:high"), "approve:low").reason == "ann has the scope approve:high."


def test_what_is_required_is_refused_with_the_reason() -> None:
    require(caller("read"), "read")
    with pytest.raises(NotAllowed, match="ann needs the scope ask and has: read"):
        require(caller("read"), "ask")


def test_only_a_low_risk_is_approved_with_the_lower_scope() -> None:
    assert {risk: approval_scope(risk) for risk in Risk} == {
        Risk.LOW: "approve:low",
        Risk.MEDIUM: "approve:high",
        Risk.HIGH: "approve:high",
    }
