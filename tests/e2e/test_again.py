"""Does an incident that memory knows go the whole way, as one that nobody has seen before does?"""

from collections.abc import Sequence
from pathlib import Path

from agent.domain.event import EventType
from agent.policy.signs import signs
from agent.ports import Recalled
from agent.testing import NoMemory
from tests.e2e.line import line


class Remembers(NoMemory):
    """One past incident, whatever is asked."""

    def __init__(self, known: Recalled) -> None:
        self._known = known

    async def recall(self, title: str, service: str, alert_names: Sequence[str], symptom: str) -> list[Recalled]:
        return [self._known]


async def _first_time(data: Path) -> Recalled:
    """What is worth remembering of it."""
    async with line(data, policy="{autonomy: observe}") as running:
        await running.post_alert()
        await running.until(EventType.REPORTED)
        views = running.application.views
        seen = await views.incident((await views.incidents()).incidents[0].id)
    found = seen.runs[-1].diagnosis
    assert found is not None
    return Recalled(
        incident="inc-before",
        summary=found.summary,
        component=found.component,
        fault=found.fault,
        remedy="Rolled it back.",
        similarity=0.9,
        margin=0.5,
        why="the same alerts",
        trust="system",
        score=0.9,
        weight=1.0,
        same_resource=True,
        signs=signs(found.component, seen.evidence),
    )


async def test_what_comes_again_is_not_investigated_anew_and_its_action_is_asked_for_all_the_same(
    tmp_path: Path,
) -> None:
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
    known = await _first_time(tmp_path / "first")
    async with line(tmp_path / "again", memory=Remembers(known)) as running:
        await running.post_alert()
        asked = await running.until(EventType.APPROVAL_REQUESTED)
        diagnosed = await running.until(EventType.DIAGNOSED)
        approval = await running.application.views.approval(str(asked.event.facts["approval"]))

    assert "inc-before again, by all signs" in diagnosed.event.text
    assert (approval.proposal.action, approval.proposal.targets) == ("roll-back-deploy", (known.component,))
