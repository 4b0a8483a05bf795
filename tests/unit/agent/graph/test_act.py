"""Is everything looked at once more before an allowed action reaches out?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue

from agent.catalogue.catalogue import Catalogue
from agent.domain.errors import Refused
from agent.domain.hypothesis import Fault
from agent.domain.job import Lease
from agent.domain.remediation import Action, Argument, Effect, Factor, Past, Proposal, Risk, Step, SuccessQuery
from agent.domain.rules import Freeze, Policy
from agent.graph.act import Act
from agent.ports import Call
from tests.clocks import FastClock
from tools.base import ActResult, BackendError

NOW = datetime.now(UTC)
ACTION = Action(
    name="restart",
    title="Restart {service}",
    faults=(Fault.CRASH,),
    arguments={"service": Argument(entity=True)},
    risk=Risk.LOW,
    reversible=False,
    blast_radius="one process",
    precondition=Step(executor="far", call={"read": "{service}"}),
    rehearsal=Step(executor="far", call={"rehearse": "{service}"}),
    do=Step(executor="far", call={"restart": "{service}"}),
    success=SuccessQuery.model_validate({"query": "up", "operator": "==", "value": 1, "within": 60}),
)


class FarEnd:
    """An executor whose target can be changed between the question and the act."""

    name = "far"

    def __init__(self) -> None:
        self.uid = "a"
        self.refuses = ""

    def describe(self, call: Mapping[str, Any]) -> str:
        return str(dict(call))

    async def read(self, call: Mapping[str, Any]) -> JsonValue:
        if self.refuses:
            raise BackendError(self.refuses)
        return {"uid": self.uid} if "read" in call else "one pod would be replaced"

    async def run(self, call: Mapping[str, Any], key: str) -> ActResult:
        return ActResult(ok=True, detail="done")

    async def read_back(self, call: Mapping[str, Any], key: str) -> ActResult | None:
        return None


class Noted:
    """A ledger that only notes what came through."""

    def __init__(self) -> None:
        self.came: list[str] = []

    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        self.came.append(effect.name)
        return effect

    async def past(self, action: str, targets: Sequence[str]) -> list[Past]:
        return []

    async def get(self, key: str) -> Effect | None:
        return None


def _act(far: FarEnd, ledger: Noted, policy: Policy | None = None, action: Action = ACTION, code: str = "c") -> Act:
    return Act(
        catalogue=Catalogue([action]),
        executors={"far": far},
        ledger=ledger,
        clock=FastClock(1.0),
        policy=policy or Policy(autonomy="approve"),
        code=code,
    )


def _proposal(act: Act, *factors: Factor) -> Proposal:
    return Proposal(
        incident="inc-1",
        run="inc-1.1",
        action="restart",
        action_digest=ACTION.digest,
        arguments={"service": "cart"},
        observed={"uid": "a"},
        controls=act.controls,
        factors=factors,
        risk=Risk.LOW,
        reversible=False,
        blast_radius="one process",
        title="Restart cart",
        because="it crashed",
    )


@pytest.fixture
def far() -> FarEnd:
    return FarEnd()


@pytest.fixture
def ledger() -> Noted:
    return Noted()


async def test_what_has_not_changed_goes_to_the_ledger(far: FarEnd, ledger: Noted) -> None:
    act = _act(far, ledger)
    await act.run(_proposal(act), "ap-1", "shop", None)
    assert ledger.came == ["restart"]


@pytest.mark.attack("S26")
async def test_a_target_that_was_replaced_is_left_alone(far: FarEnd, ledger: Noted) -> None:
    act = _act(far, ledger)
    far.uid = "b"
    with pytest.raises(Refused, match="the target is no longer as it was"):
        await act.run(_proposal(act), "ap-1", "shop", None)
    far.refuses = "404"
    with pytest.raises(Refused, match="the target cannot be looked at again"):
        await act.run(_proposal(act), "ap-1", "shop", None)
    assert ledger.came == []


@pytest.mark.attack("S27")
async def test_another_policy_other_code_or_another_definition_is_another_matter(far: FarEnd, ledger: Noted) -> None:
    asked = _proposal(_act(far, ledger))
    changed = [
        _act(far, ledger, policy=Policy(autonomy="approve", min_confidence=0.1)),
        _act(far, ledger, code="d"),
        _act(far, ledger, action=ACTION.model_copy(update={"blast_radius": "everything"})),
    ]
    for act in changed:
        with pytest.raises(Refused, match="changed since"):
            await act.run(asked, "ap-1", "shop", None)
        with pytest.raises(Refused, match="changed since"):
            await act.roll_back(asked, "ap-1", None)
    assert ledger.came == []


async def test_a_freeze_that_began_since_stops_it_and_one_that_people_knew_of_does_not(
    far: FarEnd, ledger: Noted
) -> None:
    freeze = Freeze(name="Sale", starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1))
    act = _act(far, ledger, policy=Policy(autonomy="approve", freezes=(freeze,)))
    with pytest.raises(Refused, match="the change freeze “Sale” began since this was proposed"):
        await act.run(_proposal(act), "ap-1", "shop", None)
    known = Factor(name="freeze", level=Risk.HIGH, sentence="The change freeze “Sale” holds until then.")
    await act.run(_proposal(act, known), "ap-1", "shop", None)
    assert ledger.came == ["restart"]


async def test_a_rehearsal_is_asked_of_the_far_end_before_people_are(far: FarEnd, ledger: Noted) -> None:
    act = _act(far, ledger)
    assert await act.rehearse(ACTION, {"service": "cart"}) == "accepted; one pod would be replaced"
    far.refuses = "403: patch is not allowed"
    with pytest.raises(BackendError, match="patch is not allowed"):
        await act.rehearse(ACTION, {"service": "cart"})
