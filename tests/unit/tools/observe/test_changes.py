"""What the change tool tells a model."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.tools.observe.telemetry import ALERT, MINUTE, WINDOW
from tools.base import BackendError, Change
from tools.clients.recorded import RecordedChanges
from tools.observe.changes import changes_tools
from tools.wrap import Toolbox

FOUND = [
    {
        "at": (ALERT - 9 * MINUTE).timestamp(),
        "service": "cart",
        "kind": "deploy",
        "summary": "v2\nnow",
        "author": "ann",
    },
    {"at": (ALERT - 90 * MINUTE).timestamp(), "service": "mail", "kind": "flag", "summary": "x" * 300, "source": "ui"},
    {"at": (ALERT - timedelta(days=2)).timestamp(), "service": "mail", "kind": "config", "summary": "old"},
]


@pytest.fixture
def source(tmp_path: Path) -> RecordedChanges:
    (tmp_path / "changes.json").write_text(json.dumps(FOUND))
    return RecordedChanges(tmp_path / "changes.json")


async def test_changes_are_told_latest_first_with_their_distance_to_the_alert(source: RecordedChanges) -> None:
    result = await Toolbox(changes_tools([source], WINDOW)).call("recent_changes", {})
    assert result.text == (
        "2 changes from 2026-03-01 06:00:00Z (360 min before the alert) "
        "to 2026-03-01 12:10:00Z (10 min after the alert).\n"
        "2026-03-01 11:51:00Z (9 min before the alert) deploy cart: v2 now by ann [recorded]\n"
        f"2026-03-01 10:30:00Z (90 min before the alert) flag mail: {'x' * 159}… [ui]"
    )
    assert (result.entities, result.trust) == (("cart", "mail"), "user-controlled")


async def test_changes_can_be_narrowed_to_a_service_and_a_kind(source: RecordedChanges) -> None:
    box = Toolbox(changes_tools([source, source], WINDOW))
    result = await box.call("recent_changes", {"service": "mail", "kinds": ["config"], "minutes_before": 4000})
    assert isinstance(result.data, list)
    assert len(result.data) == 2
    none = await box.call("recent_changes", {"service": "nobody"})
    assert (none.ok, none.data, none.text[:10]) == (True, [], "No changes")


class Down:
    async def between(self, start: object, end: object) -> list[Change]:
        raise BackendError("the register of changes is down", retry=True)


async def test_a_source_that_fails_hides_nothing_of_the_others(source: RecordedChanges) -> None:
    result = await Toolbox(changes_tools([Down(), source], WINDOW)).call("recent_changes", {"service": "cart"})
    assert (result.ok, result.truncated, result.text.splitlines()[1:]) == (
        True,
        True,
        [
            "Not complete: the register of changes is down",
            "2026-03-01 11:51:00Z (9 min before the alert) deploy cart: v2 now by ann [recorded]",
        ],
    )


async def test_when_every_source_fails_the_result_says_so() -> None:
    result = await Toolbox(changes_tools([Down(), Down()], WINDOW)).call("recent_changes", {})
    assert (result.ok, result.text) == (False, "recent_changes {}: the register of changes is down")


def test_without_a_source_there_is_no_tool() -> None:
    assert changes_tools([], WINDOW) == []
