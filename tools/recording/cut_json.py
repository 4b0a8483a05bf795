"""What does a JSON text say whose end was cut off?  All that was complete before the cut."""

import json
import re
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
"""A string may lack its end."""
_CLOSING = {"{": "}", "[": "]"}


def loads(text: str) -> Any:
    """The value up to the last member or item that is whole. ValueError when not even the beginning is JSON."""
    open_: list[str] = []
    whole = 0
    for found in _TOKEN.finditer(text):
        mark = found.group()
        if mark in _CLOSING:
            open_.append(mark)
        elif mark in {"}", "]"} and (not open_ or _CLOSING[open_.pop()] != mark):
            raise ValueError(f"brackets do not match at character {found.start()}")
        if not mark.startswith('"'):
            whole = found.start() if mark == "," else found.end()
        if whole and not open_:
            break
    return json.loads(text[:whole] + "".join(_CLOSING[bracket] for bracket in reversed(open_)))
