"""Is what the catalogue asks of an executor a call that this executor knows?"""

import re
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.base import BackendError


class Call(BaseModel):
    """One of an executor's own form; a field that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


Known = TypeVar("Known", bound=Call)
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,200}")


def understood(form: type[Known], call: Mapping[str, object], what: str) -> Known:
    """BackendError, which says where it is wrong and calls it `what`, when it is not of the form."""
    try:
        return form.model_validate(dict(call))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BackendError(f"This {what} is not well-formed: {where}: {first['msg']}.") from error


def checked_key(key: str) -> str:
    """An effect's key as it may stand in a header, an environment and a list with commas. BackendError otherwise."""
    if not _KEY.fullmatch(key):
        raise BackendError("The idempotency key holds characters that it may not.")
    return key
