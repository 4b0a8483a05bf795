"""Did Slack send this, just now, and for the first time?"""

import hmac
import re
from collections import OrderedDict
from datetime import datetime, timedelta
from hashlib import sha256

from starlette.datastructures import Headers

WINDOW = timedelta(minutes=5)
"""How far Slack's clock and ours may be apart."""
_KEPT = timedelta(hours=1)
"""Slack tries an event again after a minute and after five, signed anew."""
_MOST = 20_000

_SECONDS = re.compile(r"[0-9]{1,12}")


def signed(secret: bytes, headers: Headers, body: bytes, now: datetime) -> bool:
    """By Slack's scheme `v0`: HMAC-SHA-256 over the time and the bytes as they came."""
    times, given = headers.getlist("x-slack-request-timestamp"), headers.getlist("x-slack-signature")
    if len(times) != 1 or len(given) != 1 or not _SECONDS.fullmatch(times[0]):
        return False
    if abs(now.timestamp() - int(times[0])) > WINDOW.total_seconds():
        return False
    right = "v0=" + hmac.new(secret, b"v0:" + times[0].encode() + b":" + body, sha256).hexdigest()
    return hmac.compare_digest(right.encode(), given[0].encode("utf-8", "surrogatepass"))


class Heard:
    """What was delivered already. In memory: what must not happen twice is guarded by its own row as well."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, datetime] = OrderedDict()

    def first_time(self, id_: str, now: datetime) -> bool:
        """From now on it is not."""
        while self._at and (len(self._at) > _MOST or now - next(iter(self._at.values())) > _KEPT):
            self._at.popitem(last=False)
        if id_ in self._at:
            return False
        self._at[id_] = now
        return True

    def forget(self, id_: str) -> None:
        """It could not be done: when it is delivered again it is tried again."""
        self._at.pop(id_, None)
