"""Is what the catalogue asks of an executor a call that this executor knows?"""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.base import BackendError


class Call(BaseModel):
    """One of an executor's own form; a field that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


Known = TypeVar("Known", bound=Call)


def understood(form: type[Known], call: Mapping[str, object], what: str) -> Known:
    """BackendError, which says where it is wrong and calls it `what`, when it is not of the form."""
    try:
        return form.model_validate(dict(call))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BackendError(f"This {what} is not well-formed: {where}: {first['msg']}.") from error
