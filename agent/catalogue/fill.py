"""How does an action of the catalogue become one exact call?  Arguments are checked, then put in their places.

A placeholder is `{name}` for an argument and, in a rollback, `{observed.name}` for what the precondition read. It is
found by its exact shape and replaced once: no format specification, no attribute, no index, and no second look at
what was put in, so that a value that looks like a placeholder stays the text it is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import JsonValue

from agent.domain.errors import Refused
from agent.domain.remediation import Action, Argument
from tools.quoting import escaped

LONGEST_VALUE = 200
"""Characters of a string argument."""

Value = str | int
V = TypeVar("V", bound=JsonValue)

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*|observed\.[A-Za-z0-9_.-]+)\}")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def arguments_for(action: Action, given: Mapping[str, JsonValue]) -> dict[str, Value]:
    """Every argument of the action, in its order, after defaults. Refused, with a sentence, when one is wrong."""
    unknown = sorted(given.keys() - action.arguments.keys())
    if unknown:
        raise Refused(f"{action.name} takes no argument {unknown[0]!r}; it takes {_names(action)}.")
    return {name: _value(action, name, given.get(name)) for name in action.arguments}


def checked(name: str, argument: Argument, value: JsonValue) -> Value:
    """The value in its canonical type; Refused when it is not what the argument allows."""
    match argument.type:
        case "integer":
            return _integer(name, argument, value)
        case "string":
            return _string(name, argument, value)


def fill(
    call: Mapping[str, JsonValue], arguments: Mapping[str, Value], observed: JsonValue = None
) -> dict[str, JsonValue]:
    """The call of a step with its placeholders filled; a string that is nothing but one keeps the value's type.

    `observed` is what the precondition read, for rollbacks. Refused when a placeholder has no value.
    """
    return {key: _filled(value, arguments, observed) for key, value in call.items()}


def fill_query(query: str, arguments: Mapping[str, Value]) -> str:
    """The PromQL of a success query. A string stands only inside double quotes, escaped, and never in a regular
    expression; an integer may stand anywhere. Refused otherwise."""

    def put(token: re.Match[str]) -> str:
        literal = token["double"]
        if literal is None:
            return _outside_quotes(token[0], arguments)
        if _PLACEHOLDER.search(literal) and query[: token.start()].rstrip().endswith(("=~", "!~")):
            raise Refused(f"{literal} is a regular expression; an argument may not stand in one.")
        return _PLACEHOLDER.sub(lambda found: escaped(str(_argument(found[1], arguments))), literal)

    return _PROMQL_TOKEN.sub(put, query)


def title(action: Action, arguments: Mapping[str, Value]) -> str:
    """The action's title for people, e.g. `Restart checkout`."""
    return _PLACEHOLDER.sub(lambda found: str(_argument(found[1], arguments)), action.title)


def placeholders(value: JsonValue) -> set[str]:
    """The names that stand in braces anywhere in it: `service`, `observed.replicas`."""
    return {found[1] for leaf in leaves(value) if isinstance(leaf, str) for found in _PLACEHOLDER.finditer(leaf)}


def without_placeholders(text: str) -> str:
    return _PLACEHOLDER.sub("", text)


def leaves(value: JsonValue) -> Iterator[JsonValue]:
    """Every value in it that is neither a list nor a mapping."""
    match value:
        case dict():
            for inner in value.values():
                yield from leaves(inner)
        case list():
            for inner in value:
                yield from leaves(inner)
        case _:
            yield value


def _names(action: Action) -> str:
    return ", ".join(action.arguments) or "none"


def _value(action: Action, name: str, given: JsonValue) -> Value:
    argument = action.arguments[name]
    value = argument.default if given is None else given
    if value is None:
        raise Refused(f"{action.name} needs the argument {name!r}.")
    found = checked(name, argument, value)
    if argument.entity and action.services and found not in action.services:
        raise Refused(f"{action.name} is for {', '.join(action.services)} only, not for {found}.")
    return found


def _integer(name: str, argument: Argument, value: JsonValue) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"{name} must be a whole number, not {_shown(value)}.")
    if argument.minimum is not None and value < argument.minimum:
        raise Refused(f"{name} is {value}; the least allowed is {argument.minimum}.")
    if argument.maximum is not None and value > argument.maximum:
        raise Refused(f"{name} is {value}; the most allowed is {argument.maximum}.")
    return value


def _string(name: str, argument: Argument, value: JsonValue) -> str:
    if not isinstance(value, str):
        raise Refused(f"{name} must be text, not {_shown(value)}.")
    _plain(name, value)
    if value.startswith("-"):
        raise Refused(f"{name} is {_shown(value)}; beginning with a dash, it could pass for an option.")
    if not re.fullmatch(argument.pattern, value):
        raise Refused(f"{name} is {_shown(value)}, which does not match {argument.pattern}.")
    return value


def _plain(name: str, value: str) -> None:
    """Control characters hide and letters of other scripts look alike: both would show a human something else."""
    if len(value) > LONGEST_VALUE:
        raise Refused(f"{name} has {len(value)} characters; the most allowed is {LONGEST_VALUE}.")
    if not _PRINTABLE.fullmatch(value):
        raise Refused(f"{name} is {_shown(value)}; only printable ASCII is allowed.")


def _shown(value: JsonValue) -> str:
    return ascii(value)[:80]


def _filled(value: JsonValue, arguments: Mapping[str, Value], observed: JsonValue) -> JsonValue:
    match value:
        case dict():
            return {key: _filled(inner, arguments, observed) for key, inner in value.items()}
        case list():
            return [_filled(inner, arguments, observed) for inner in value]
        case str():
            return _filled_text(value, arguments, observed)
        case _:
            return value


def _filled_text(text: str, arguments: Mapping[str, Value], observed: JsonValue) -> Value:
    def look_up(name: str) -> Value:
        return _observed(name, observed) if name.startswith("observed.") else _argument(name, arguments)

    whole = _PLACEHOLDER.fullmatch(text)
    if whole:
        return look_up(whole[1])
    return _PLACEHOLDER.sub(lambda found: str(look_up(found[1])), text)


def _argument(name: str, arguments: Mapping[str, Value]) -> Value:
    if name not in arguments:
        raise Refused(f"{{{name}}} stands for no argument of this action.")
    return arguments[name]


def _observed(name: str, observed: JsonValue) -> Value:
    """What the far end said is not the catalogue's: only short, plain values are put into a call."""
    value = observed.get(name.removeprefix("observed.")) if isinstance(observed, dict) else None
    if isinstance(value, str):
        _plain(name, value)
        return value
    if isinstance(value, int):
        return value
    raise Refused(f"{{{name}}} is not among what the precondition read.")


_PROMQL_TOKEN = re.compile(
    r"""(?P<double>"(?:\\.|[^"\\])*")|'(?:\\.|[^'\\])*'|`[^`]*`|\#[^\n]*|"""
    + _PLACEHOLDER.pattern.replace("(", "(?:", 1),
    re.DOTALL,
)


def _outside_quotes(token: str, arguments: Mapping[str, Value]) -> str:
    """A number stands for itself; anything else outside double quotes would be read as PromQL."""
    if not _PLACEHOLDER.search(token):
        return token
    whole = _PLACEHOLDER.fullmatch(token)
    value = _argument(whole[1], arguments) if whole else ""
    if not isinstance(value, int):
        raise Refused(f"{token} must stand inside double quotes in a query.")
    return str(value)
