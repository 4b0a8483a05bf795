"""Is the catalogue fit to be acted from?  Every rule an action must keep, each with a sentence for its author."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from pydantic import JsonValue

from agent.catalogue.fill import Value, checked, fill, fill_query, leaves, placeholders, without_placeholders
from agent.catalogue.read import Problem, read_action
from agent.domain.errors import Refused
from agent.domain.remediation import Action, Argument, Step
from agent.ports import Executor
from tools import promql
from tools.base import BackendError
from tools.observe.runbooks import BadRunbook, Skill, read_skill

EXECUTORS = ("http", "kubernetes", "command", "mcp")


def lint(folder: Path, executors: Mapping[str, Executor] | None = None) -> list[Problem]:
    """Everything wrong with the runbooks in the folder; empty when it is fit for use.

    With `executors`, each call is also put to the one that would run it, which knows its own shape and what is
    configured; nothing is sent.
    """
    actions, problems = survey(folder)
    for file, action in actions:
        problems += [Problem(file, field, message) for field, message in _unready(action, executors or {})]
    return problems


def survey(folder: Path) -> tuple[list[tuple[Path, Action]], list[Problem]]:
    """The actions of the folder that keep every rule, each with its file, and what is wrong with the others."""
    actions: list[tuple[Path, Action]] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        return [], [Problem(folder, "", "is not a folder.")]
    for runbook in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))):
        match _runbook(runbook):
            case Action() as action:
                actions.append((runbook / "action.yaml", action))
            case list() as found:
                problems += found
            case None:
                pass  # Text alone: advice for people and models, with nothing that could be run.
    return actions, problems


def sample_calls(action: Action) -> Iterator[tuple[str, Step]]:
    """The action's steps as they would look with example arguments: the field they stand in, and the filled step."""
    arguments = {name: _sample(argument) for name, argument in action.arguments.items()}
    for field, step in _steps(action):
        observed: JsonValue = {name.removeprefix("observed."): 1 for name in placeholders(step.call)}
        yield field, step.model_copy(update={"call": fill(step.call, arguments, observed)})


def _runbook(runbook: Path) -> Action | list[Problem] | None:
    try:
        skill = read_skill(runbook / "SKILL.md")
    except BadRunbook as error:
        return [Problem(runbook / "SKILL.md", "", str(error))]
    file = runbook / "action.yaml"
    return _checked_action(file, skill) if file.exists() else None


def _checked_action(file: Path, skill: Skill) -> Action | list[Problem]:
    action = read_action(file, skill)
    if isinstance(action, list):
        return action
    problems = [Problem(file, field, message) for field, message in _broken_rules(action)]
    return problems or action


def _broken_rules(action: Action) -> Iterator[tuple[str, str]]:
    for name, argument in action.arguments.items():
        yield from ((f"arguments.{name}", message) for message in _argument_rules(name, argument))
    yield from _step_rules(action)
    yield from _placeholder_rules(action)
    yield from _target_rules(action)
    yield from _success_rules(action)
    if action.reversible != (action.rollback is not None):
        yield "reversible", "is true for an action with a `rollback`, and false for one without."
    if not action.faults:
        yield "faults", "is empty; without a model the action could never be chosen."


def _argument_rules(name: str, argument: Argument) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name == "observed":
        yield "must be named in lower-case letters, digits and underscores, and not `observed`."
    if argument.type == "integer" and (argument.minimum is None or argument.maximum is None):
        yield "is an integer and needs a minimum and a maximum."
    if argument.entity and argument.type != "string":
        yield "names a component and must be a string."
    try:
        re.compile(argument.pattern)
        if argument.observed_in and re.compile(argument.observed_in).groups != 1:
            yield "has an `observed_in` without exactly one group, which is to be the value."
        if argument.default is not None:
            checked(name, argument, argument.default)
    except re.error as error:
        yield f"has a pattern that is no regular expression: {error}."
    except Refused as error:
        yield f"has a default that it does not allow itself: {error}"


def _step_rules(action: Action) -> Iterator[tuple[str, str]]:
    for field, step in _steps(action):
        if step.executor not in EXECUTORS:
            yield f"{field}.executor", f"is {step.executor!r}; it must be one of {', '.join(EXECUTORS)}."
        for leaf in leaves(step.call):
            if leaf is None:
                yield f"{field}.call", 'holds an empty value; a placeholder alone must be quoted: "{name}".'
            elif isinstance(leaf, str) and re.search(r"[{}]", without_placeholders(leaf)):
                yield f"{field}.call", f"holds {leaf!r}, in which a brace belongs to no placeholder."


def _placeholder_rules(action: Action) -> Iterator[tuple[str, str]]:
    texts: list[tuple[str, JsonValue]] = [(f"{field}.call", step.call) for field, step in _steps(action)]
    for field, text in [("title", action.title), ("success.query", action.success.query), *texts]:
        for name in sorted(placeholders(text) - action.arguments.keys()):
            if not name.startswith("observed."):
                yield field, f"names {{{name}}}, which is no argument."
            elif field != "rollback.call" or action.precondition is None:
                yield field, f"names {{{name}}}; only a rollback may, of an action that has a precondition."
    for name in sorted(action.arguments.keys() - placeholders(action.do.call)):
        yield f"arguments.{name}", "is not used in `do`."


def _target_rules(action: Action) -> Iterator[tuple[str, str]]:
    """A target that no tool ever returned is refused, so each action says which argument names its target."""
    targets = {name for name, argument in action.arguments.items() if argument.entity}
    if not targets and not action.services:
        yield "arguments", "names no target: one needs `entity: true`, or the action needs `services`."
    if targets and not targets & placeholders(action.success.query):
        yield "success.query", "does not name the target, so that it could be true of something else."


def _success_rules(action: Action) -> Iterator[tuple[str, str]]:
    if action.success.within <= timedelta(0):
        yield "success.within", "must be longer than nothing."
    if not timedelta(0) <= action.success.stable_for <= action.success.within:
        yield "success.stable_for", "must lie between nothing and `within`."
    if placeholders(action.success.query) - action.arguments.keys():
        return
    try:
        arguments = {name: _sample(argument) for name, argument in action.arguments.items()}
        promql.checked(fill_query(action.success.query, arguments))
    except (Refused, BackendError) as error:
        yield "success.query", f"{error}"


def _unready(action: Action, executors: Mapping[str, Executor]) -> Iterator[tuple[str, str]]:
    for field, step in sample_calls(action):
        executor = executors.get(step.executor)
        try:
            if executor:
                executor.describe(step.call)
        except BackendError as error:
            yield f"{field}.call", str(error)


def _steps(action: Action) -> list[tuple[str, Step]]:
    named = [
        ("do", action.do),
        ("precondition", action.precondition),
        ("rehearsal", action.rehearsal),
        ("rollback", action.rollback),
    ]
    return [(field, step) for field, step in named if step is not None]


def _sample(argument: Argument) -> Value:
    """A value of the right type; it need not match the pattern, since nothing is sent."""
    if argument.default is not None:
        return argument.default
    return (argument.minimum or 0) if argument.type == "integer" else "example"
