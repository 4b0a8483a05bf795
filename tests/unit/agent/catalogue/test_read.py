from datetime import timedelta
from pathlib import Path

import pytest

from agent.catalogue.read import Problem, read_action
from agent.domain.remediation import Action
from tools.observe.runbooks import Skill

SKILL = Skill("restart", "What people read.", "Text.")
ACTION = """
title: Restart {service}
faults: [crash]
arguments: {service: {entity: true}}
risk: low
reversible: false
blast_radius: one process
do: {executor: http, call: {path: "/{service}"}}
success: {query: 'up{service="{service}"}', operator: "==", value: 1, within: 1h30m5s, stable_for: 15s}
"""


def _read(folder: Path, text: str | bytes) -> Action | list[Problem]:
    file = folder / "restart" / "action.yaml"
    file.parent.mkdir()
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_action(file, SKILL)


def test_name_and_description_come_from_the_runbook_and_durations_are_read_as_people_write_them(tmp_path: Path) -> None:
    action = _read(tmp_path, ACTION)
    assert isinstance(action, Action)
    assert (action.name, action.description) == ("restart", "What people read.")
    assert action.success.within == timedelta(hours=1, minutes=30, seconds=5)
    assert action.success.stable_for == timedelta(seconds=15)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("risk: low", "risk: none"), "risk: Input should be 'low', 'medium' or 'high'."),
        (("faults: [crash]", "faults: [bad_luck]"), "faults.0: Input should be "),
        (("risk: low", ""), "risk: Field required."),
        (("risk: low", "risk: low\nshell: rm"), "shell: Extra inputs are not permitted."),
        (("within: 1h30m5s", "within: soon"), "success.within: Input should be a valid timedelta"),
        (("risk: low", "risk: low\nrisk: high"), "is not the YAML expected here: the key 'risk' stands twice"),
        (("risk: low", "risk: &r low\ntitle2: *r"), "is not the YAML expected here: aliases are not allowed."),
        (
            ("risk: low", "risk: !!python/object/apply:os.system [id]"),
            "is not the YAML expected here: could not determine",
        ),
        (("title: Restart {service}", "title: {"), "is not the YAML expected here:"),
        (("title:", "name: other\ntitle:"), "name: is 'other'; it must be the folder's name, or be left out."),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_field(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    problems = _read(tmp_path, ACTION.replace(*change))
    assert isinstance(problems, list)
    assert str(problems[0]).startswith(f"{tmp_path / 'restart' / 'action.yaml'}: {problem}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a list", "is not a mapping of keys to values."),
        ("", "is not a mapping of keys to values."),
        (b"\xff\xfe", "is not UTF-8."),
        ("since: 2026-13-45", "is not the YAML expected here: month must be in 1..12."),
        ("[" * 20_000, "is not the YAML expected here: it is nested too deeply."),
        ("#" * 70_000, "cannot be read: is larger than 65536 bytes."),
    ],
)
def test_a_file_that_is_no_action_is_one_problem(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert _read(tmp_path, text) == [Problem(tmp_path / "restart" / "action.yaml", "", message)]
