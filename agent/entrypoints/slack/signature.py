"""Did Slack send this, just now?"""

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256

from starlette.datastructures import Headers

WINDOW = timedelta(minutes=5)
"""How far Slack's clock and ours may be apart."""
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
