from pathlib import Path

import pytest

from agent.catalogue.lint import lint

SKILL = "---\nname: restart\ndescription: Restart it.\n---\n\nText.\n"
ACTION = """
title: Restart {service}
faults: [crash]
arguments:
  service: {entity: true}
  size: {type: integer, minimum: 1, maximum: 9, default: 2}
risk: low
reversible: true
blast_radius: one process
precondition: {executor: http, call: {path: "/{service}"}}
do: {executor: http, call: {path: "/{service}", size: "{size}"}}
rollback: {executor: http, call: {path: "/{service}", size: "{observed.size}"}}
success: {query: 'up{service="{service}"}', operator: "==", value: 1, within: 2m, stable_for: 10s}
"""


def _runbook(folder: Path, action: str, skill: str = SKILL) -> Path:
    runbook = folder / "restart"
    runbook.mkdir()
    (runbook / "SKILL.md").write_text(skill, encoding="utf-8")
    (runbook / "action.yaml").write_text(action, encoding="utf-8")
    return folder


def test_a_sound_runbook_has_no_problems(tmp_path: Path) -> None:
    assert lint(_runbook(tmp_path, ACTION)) == []


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        ("title: Restart {service}", "title: Restart {servce}", "title: names {servce}, which is no argument."),
        (
            '"{size}"',
            "{size}",
            'do.call: holds an empty value; a placeholder alone must be quoted: "{name}".',
        ),
        ('"{size}"', '"{size!r}"', "do.call: holds '{size!r}', in which a brace belongs to no placeholder."),
        ('"{size}"', "2", "arguments.size: is not used in `do`."),
        ("do: {executor: http", "do: {executor: bash", "do.executor: is 'bash'; it must be one of http, kubernetes,"),
        ("entity: true", "entity: false", "arguments: names no target: one needs `entity: true`, or the action needs"),
        ('up{service="{service}"}', "up", "success.query: does not name the target, so that it could be true of"),
        ("up{service=", "up{{service=", "success.query: "),
        ('service="{', 'service=~"{', 'success.query: "{service}" is a regular expression; an argument may not stand'),
        ("within: 2m", "within: 0s", "success.within: must be longer than nothing."),
        ("stable_for: 10s", "stable_for: 3m", "success.stable_for: must lie between nothing and `within`."),
        ("reversible: true", "reversible: false", "reversible: is true for an action with a `rollback`, and false for"),
        ("[crash]", "[]", "faults: is empty; without a model the action could never be chosen."),
        ("minimum: 1, ", "", "arguments.size: is an integer and needs a minimum and a maximum."),
        ("default: 2", "default: 12", "arguments.size: has a default that it does not allow itself: size is 12; the"),
        (
            "entity: true",
            "entity: true, pattern: '['",
            "arguments.service: has a pattern that is no regular expression",
        ),
        ("entity: true", "entity: true, observed_in: 'on'", "arguments.service: has an `observed_in` without exactly"),
        ('size: "{size}"', 'size: "{size}{observed.x}"', "do.call: names {observed.x}; only a rollback may, of an"),
        ('precondition: {executor: http, call: {path: "/{service}"}}\n', "", "rollback.call: names {observed.size}"),
    ],
)
def test_each_broken_rule_is_named_with_its_field(tmp_path: Path, written: str, instead: str, problem: str) -> None:
    assert written in ACTION
    problems = [str(one) for one in lint(_runbook(tmp_path, ACTION.replace(written, instead, 1)))]
    assert any(one.startswith(f"{tmp_path / 'restart' / 'action.yaml'}: {problem}") for one in problems), problems


@pytest.mark.parametrize(
    ("skill", "message"),
    [
        ("Text without front matter.", "does not begin with front matter between two lines of `---`."),
        (SKILL.replace("name: restart", "name: other"), "has the name 'other'; it must be its folder's"),
        (SKILL.replace("description: Restart it.", ""), "needs a description of 1 to 1024 characters"),
        (SKILL.replace("\nText.\n", ""), "has no text below its front matter."),
        (SKILL.replace("name: restart", "name: [restart"), "has front matter that is not YAML"),
        (SKILL.replace("name: restart", "name: 2026-13-45"), "has front matter that is not YAML"),
        (SKILL.replace("name: restart", "name: " + "[" * 5_000), "has front matter that is not YAML"),
    ],
)
def test_a_runbook_that_people_cannot_read_has_no_action(tmp_path: Path, skill: str, message: str) -> None:
    (problem,) = lint(_runbook(tmp_path, ACTION, skill))
    assert problem.file.name == "SKILL.md"
    assert problem.message.startswith(message)


def test_text_alone_is_a_runbook_too(tmp_path: Path) -> None:
    (_runbook(tmp_path, ACTION) / "restart" / "action.yaml").unlink()
    assert lint(tmp_path) == []


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert [str(one) for one in lint(tmp_path / "none")] == [f"{tmp_path / 'none'}: is not a folder."]
