"""What can the agent do?  The actions of the runbooks folder, each checked before it can be chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from agent.catalogue import fill
from agent.catalogue.choose import choose
from agent.catalogue.fill import Value
from agent.catalogue.lint import sample_calls, survey
from agent.domain.errors import ConfigurationError, NotFound
from agent.domain.hypothesis import Diagnosis
from agent.domain.remediation import Action, Step
from agent.ports import Executor
from tools.base import BackendError


class Catalogue:
    """Read once at the start: an edit takes effect at the next, and never between a question and its answer."""

    def __init__(self, actions: Sequence[Action]) -> None:
        self._actions = {action.name: action for action in actions}

    @classmethod
    def load(cls, folder: Path) -> "Catalogue":
        """The folder's actions. ConfigurationError, with every problem on a line of its own, when one breaks a rule."""
        actions, problems = survey(folder)
        if problems:
            raise ConfigurationError("\n".join(map(str, problems)))
        return cls([action for _, action in actions])

    def actions(self) -> Sequence[Action]:
        return tuple(self._actions.values())

    def get(self, name: str) -> Action:
        if name not in self._actions:
            raise NotFound(f"The catalogue has no action {name!a}; it has: {', '.join(self._actions) or 'none'}.")
        return self._actions[name]

    def choose(
        self,
        diagnosis: Diagnosis,
        observed: Sequence[str],
        *,
        changes: Sequence[str] = (),
    ) -> list[tuple[Action, dict[str, Value]]]:
        """The actions that fit, the best first, each with the arguments known for it (`agent.catalogue.choose`)."""
        choices = choose(self.actions(), diagnosis, observed, changes)
        return [(choice.action, dict(choice.arguments)) for choice in choices]

    def arguments_for(self, action: Action, given: Mapping[str, JsonValue]) -> dict[str, Value]:
        return fill.arguments_for(action, given)

    def fill(self, step: Step, arguments: Mapping[str, Value], observed: JsonValue) -> dict[str, JsonValue]:
        return fill.fill(step.call, arguments, observed)

    def success_query(self, action: Action, arguments: Mapping[str, Value]) -> str:
        return fill.fill_query(action.success.query, arguments)

    def title(self, action: Action, arguments: Mapping[str, Value]) -> str:
        return fill.title(action, arguments)

    def usable(self, executors: Mapping[str, Executor]) -> "Catalogue":
        """Only the actions whose every step an executor of this installation would take; nothing is sent."""
        return Catalogue([action for action in self._actions.values() if _usable(action, executors)])


def _usable(action: Action, executors: Mapping[str, Executor]) -> bool:
    try:
        for _, step in sample_calls(action):
            if step.executor not in executors:
                return False
            executors[step.executor].describe(step.call)
    except BackendError:
        return False
    return True
