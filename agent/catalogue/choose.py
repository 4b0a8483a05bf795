"""Which actions of the catalogue fit what was diagnosed?  The same question with and without a model."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from agent.catalogue.fill import Value, arguments_for, checked
from agent.domain.errors import Refused
from agent.domain.hypothesis import Diagnosis, Verdict
from agent.domain.remediation import Action, Argument, Risk

LONGEST_CHANGE = 500
"""Characters of a change's summary that are looked at; anyone who may deploy may write it."""


@dataclass(frozen=True)
class Choice:
    """An action that fits, with the arguments that are known without asking anyone."""

    action: Action
    arguments: Mapping[str, Value]
    missing: tuple[str, ...]
    """Arguments that nothing observed gives a value for; empty: it can be proposed as it is."""


def choose(
    actions: Sequence[Action],
    diagnosis: Diagnosis,
    observed_entities: Collection[str],
    changes: Sequence[str] = (),
) -> list[Choice]:
    """Actions for the diagnosed fault and component, the best first; none unless a cause was found and observed.

    `changes` are the summaries of the component's changes, the latest first, in which an argument may say how its
    value is told. A value that the argument does not allow is passed over. What can be proposed as it is comes first;
    then an action made for this component, one that names the fault earlier among its remedies, the one that can be
    undone, the lower risk.
    """
    if diagnosis.verdict is not Verdict.CAUSE or diagnosis.component not in observed_entities:
        return []
    fitting = [action for action in actions if _fits(action, diagnosis)]
    choices = [_choice(action, diagnosis, observed_entities, _told(action, changes)) for action in fitting]
    return sorted((choice for choice in choices if choice), key=lambda choice: _rank(choice, diagnosis))


def _fits(action: Action, diagnosis: Diagnosis) -> bool:
    return diagnosis.fault in action.faults and (not action.services or diagnosis.component in action.services)


def _told(action: Action, changes: Sequence[str]) -> dict[str, str]:
    """What the changes say of the action's arguments: the latest one that says anything."""
    found: dict[str, str] = {}
    for name, argument in action.arguments.items():
        said = (re.search(argument.observed_in, change[:LONGEST_CHANGE]) for change in changes if argument.observed_in)
        if match := next((one for one in said if one), None):
            found[name] = match[1]
    return found


def _choice(action: Action, diagnosis: Diagnosis, observed: Collection[str], told: Mapping[str, str]) -> Choice | None:
    """None when the component cannot be this action's target."""
    known = _allowed(action, observed, told)
    target = next((name for name, argument in action.arguments.items() if argument.entity), None)
    if target:
        known[target] = diagnosis.component
    missing = tuple(name for name, argument in action.arguments.items() if _lacks(argument, known.get(name)))
    try:
        if target:
            checked(target, action.arguments[target], diagnosis.component)
        arguments = known if missing else arguments_for(action, dict(known))
    except Refused:
        return None
    return Choice(action, arguments, missing)


def _allowed(action: Action, observed: Collection[str], told: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in action.arguments.keys() & told.keys():
        argument = action.arguments[name]
        try:
            value = checked(name, argument, told[name])
        except Refused:
            continue
        if not argument.entity or value in observed:
            found[name] = value
    return found


def _lacks(argument: Argument, value: Value | None) -> bool:
    return value is None and argument.default is None


def _rank(choice: Choice, diagnosis: Diagnosis) -> tuple[bool, bool, int, bool, int, str]:
    action = choice.action
    return (
        bool(choice.missing),
        not action.services,
        action.faults.index(diagnosis.fault),
        not action.reversible,
        list(Risk).index(action.risk),
        action.name,
    )
