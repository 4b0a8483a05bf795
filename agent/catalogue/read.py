"""What does an `action.yaml` say?  It becomes a typed action; what is wrong with it names the file and the field."""

import re
from collections.abc import Hashable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from agent.domain.remediation import Action
from tools.observe.runbooks import Skill

LARGEST_FILE = 64 * 1024
"""Bytes of an action.yaml."""
DEEPEST = 20
"""Levels of keys and lists in one."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with the catalogue, and where."""

    file: Path
    field: str
    """A path of keys, e.g. `success.query`; empty: the file as a whole."""
    message: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.field}" if self.field else str(self.file)
        return f"{where}: {self.message}"


def read_action(file: Path, skill: Skill) -> Action | list[Problem]:
    """The action in the file; its name is its folder's, and its description the runbook's unless it has its own."""
    try:
        loaded = load(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [Problem(file, "", _sentence(error))]
    if not isinstance(loaded, dict):
        return [Problem(file, "", "is not a mapping of keys to values.")]
    loaded = {"name": file.parent.name, "description": skill.description, **loaded}
    try:
        action = Action.model_validate(_with_durations(loaded))
    except ValidationError as error:
        return [Problem(file, ".".join(map(str, one["loc"])), f"{one['msg']}.") for one in error.errors()]
    if action.name != file.parent.name:
        return [Problem(file, "name", f"is {action.name!r}; it must be the folder's name, or be left out.")]
    return action


def load(file: Path) -> object:
    """The one YAML document in it. OSError, UnicodeDecodeError or YAMLError when it is too large, deep or tricky."""
    if file.stat().st_size > LARGEST_FILE:
        raise OSError(f"is larger than {LARGEST_FILE} bytes")
    return deepcopy(_document(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def _document(text: str) -> object:
    """The same text is the same document, for whoever opens many installations with the same runbooks."""
    loader = _Strict(text)
    try:
        return loader.get_single_data()
    except ValueError as error:
        # What is written like a date and is none.
        raise yaml.YAMLError(str(error)) from error
    finally:
        loader.dispose()


class _Strict(yaml.SafeLoader):
    """Without aliases and depth, which blow a small file up, and without keys that silently win over their twins."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        if self.depth == DEEPEST:
            raise yaml.YAMLError("it is nested too deeply")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twins = sorted({key for key in keys if keys.count(key) > 1})
        if twins:
            raise yaml.YAMLError(f"the key {twins[0]!r} stands twice, at line {node.start_mark.line + 1} and below")
        return super().construct_mapping(node, deep)


def _sentence(error: Exception) -> str:
    match error:
        case OSError():
            return f"cannot be read: {error.strerror or error}."
        case UnicodeDecodeError():
            return "is not UTF-8."
        case _:
            return f"is not the YAML expected here: {' '.join(str(error).split())}."


_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def _with_durations(loaded: dict[str, Any]) -> dict[str, Any]:
    """`2m` and `1h30m`, as people write them for Prometheus, beside what pydantic reads by itself."""
    success = loaded.get("success")
    if not isinstance(success, dict):
        return loaded
    return {**loaded, "success": {key: _duration(value) for key, value in success.items()}}


def _duration(value: object) -> object:
    found = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if not found:
        return value
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
