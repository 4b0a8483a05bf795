"""What does a far end answer, and how does it go wrong?"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

PATIENT = timedelta(seconds=60)
"""How long a client of a test waits where an answer is expected: a busy machine may take seconds."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    """Bytes as they are, a str as text, anything else as JSON; None: empty."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CutBefore:
    """The connection breaks and nothing was done."""


@dataclass(frozen=True)
class CutAfter:
    """It was done, and the connection breaks before a word of the answer."""


@dataclass(frozen=True)
class Late:
    """It was done, and the answer takes so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Drip:
    """It was done, and the answer's body comes a byte at a time, with so many seconds between."""

    every: float


@dataclass(frozen=True)
class Endless:
    """It was done, and the answer's body never ends."""


@dataclass(frozen=True)
class Instead:
    """Nothing was done, and this is the answer."""

    answer: Answer


@dataclass(frozen=True)
class DoneBut:
    """It was done, and this is the answer."""

    answer: Answer


Misbehaviour = CutBefore | CutAfter | Late | Drip | Endless | Instead | DoneBut


HANG = Late(3600)
"""Not one byte, until the far end closes."""
HALF = Instead(Answer(200, b'{"status": "succ', {"Content-Length": "100"}))
"""The connection breaks in the middle of the answer."""
REDIRECT = Instead(Answer(302, headers={"Location": "http://127.0.0.1:1/elsewhere"}))
NONSENSE = Instead(Answer(200, b"<html>Sign in\x1b[31m</html>", {"Content-Type": "text/html"}))


@cache
def bomb() -> Instead:
    """64 MB of blanks in 300 kB."""
    packed = gzip.compress(b" " * (64 << 20), 1)
    return Instead(Answer(200, packed, {"Content-Encoding": "gzip", "Content-Type": "application/json"}))


def deadline_for(misbehaviour: object) -> timedelta:
    """Short where nothing whole comes in time, patient where an answer does or its size ends it."""
    return timedelta(seconds=0.5) if isinstance(misbehaviour, Late | Drip) else PATIENT
