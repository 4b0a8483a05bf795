"""Can what came in be used?  If not, the reason is told beside its line or ticket."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class Rejected(Exception):
    """Its message is the reason; whoever reads the import is told it."""


def parsed(model: type[Model], source: bytes | Mapping[str, JsonValue]) -> Model:
    """Rejected, with the place of the first fault, when it is not of that shape."""
    try:
        return model.model_validate_json(source) if isinstance(source, bytes) else model.model_validate(source)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Rejected(f"{where}: {first['msg']}" if where else first["msg"]) from error


def in_the_past(name: str, moment: datetime, now: datetime) -> datetime:
    if moment > now:
        raise Rejected(f"{name} lies in the future")
    return moment
