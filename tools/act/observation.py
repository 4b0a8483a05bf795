"""Which part of what a target says about itself is compared before acting?  The fields that the catalogue names."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tools.base import BackendError

Fields = Sequence[str] | Mapping[str, str]
"""Paths such as `flags.dark_mode`, or names for them: `{enabled: flags.dark_mode}`."""


def observation(answer: JsonValue, fields: Fields, asked: str) -> JsonValue:
    """The named fields of the answer, flat; the whole answer when none is named. BackendError when one is missing.

    Leaving out what changes by itself (times, counters) is what makes a comparison worth anything; a field that is
    missing is a target that is not what the action was written for.
    """
    if not fields:
        return answer
    named = fields if isinstance(fields, Mapping) else {path: path for path in fields}
    return {name: _at(answer, path, asked) for name, path in named.items()}


def _at(answer: JsonValue, path: str, asked: str) -> JsonValue:
    found: JsonValue = answer
    for part in path.split("."):
        if not isinstance(found, dict) or part not in found:
            raise BackendError(f"{asked}: the answer has no field {path!a}.")
        found = found[part]
    return found
