"""What did a check find, and how is it mended?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tools.base import BackendError

DEADLINE = timedelta(seconds=5)
"""How long one question to a back end may take."""


class State(StrEnum):
    OK = "ok"
    OFF = "off"
    """Not configured: its tools are disabled, which is no failure."""
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    name: str
    state: State
    says: str
    mend: str = ""
    """What to do, when something is to be done."""


async def asked(
    name: str,
    url: str,
    path: str,
    variables: str,
    *,
    says: str = "",
    key: str = "",
    headers: Mapping[str, str] | None = None,
    basic: tuple[str, str] | None = None,
    outside: bool = False,
) -> Finding:
    """GET the path; anything but a success is broken, with the variables to check."""
    from base64 import b64encode

    from tools.clients.http import Http, refusal

    sent = dict(headers or {})
    if key:
        sent["Authorization"] = f"Bearer {key}"
    if basic:
        sent["Authorization"] = "Basic " + b64encode(":".join(basic).encode()).decode()
    try:
        http = Http(url, headers=sent, deadline=DEADLINE, through_proxy=outside)
    except BackendError as error:
        return Finding(name, State.BROKEN, str(error), f"Check {variables}.")
    try:
        place, _, query = path.partition("?")
        params = dict(part.split("=", 1) for part in query.split("&")) if query else None
        reply = await http.get(place, params, asked=name)
        if reply.status >= 400:
            raise refusal(name, reply)
    except BackendError as error:
        return Finding(name, State.BROKEN, str(error).removeprefix(f"{name}: "), f"Check {variables}.")
    finally:
        await http.close()
    return Finding(name, State.OK, says or http.origin)
