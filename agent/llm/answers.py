"""Is what the model wrote what was asked for? Strict JSON, then the schema; what is wrong is said in one sentence."""

import json
import math
import re
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from tools.wording import cut

Answer = TypeVar("Answer", bound=BaseModel)

_FENCED = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)


class Malformed(Exception):
    """The answer cannot be used. The message is for the model, so that it can mend it."""


def parsed(text: str, answer: type[Answer]) -> Answer:
    """The answer of that shape; Malformed otherwise."""
    fenced = _FENCED.fullmatch(text)
    value = json_object(fenced[1] if fenced else text)
    try:
        return answer.model_validate(value)
    except ValidationError as error:
        raise Malformed(f"it does not have the right shape: {_problems(error)}") from error


def json_object(text: str) -> dict[str, JsonValue]:
    """A JSON object as RFC 8259 means it: no duplicate names, NaN, infinities or broken Unicode."""
    if not text.strip():
        raise Malformed("it was empty")
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise Malformed("it is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise Malformed("it contains half a surrogate pair") from error
    except ValueError as error:
        raise Malformed(f"it is not JSON: {cut(str(error), 500)}") from error
    if not isinstance(value, dict):
        raise Malformed("it is not a JSON object")
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has the same name twice")
    return value


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _problems(error: ValidationError) -> str:
    found = [f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}" for one in error.errors(include_input=False)]
    return cut("; ".join(found[:5]), 500)
