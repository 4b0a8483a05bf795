"""Templates with slots, and the harmless fields that fill them.

A template is text with slots in angle brackets, as in ``<time> <pod> restarted``. The same slot has the same value
throughout one text; a number at its end (``<pod2>``) asks for another. Unknown slots stay as they are (``<none>``).
"""

import base64
import json
import re
import string
from collections.abc import Callable, Mapping

from tests.attacks.corpus.drawing import HEX, Draw
from tests.attacks.corpus.words import PEOPLE, SERVICES, SPACES, ZONES

POD = "bcdfghjklmnpqrstvwxz2456789"
SLOT = re.compile(r"<([A-Za-z][\w. -]*?)(\d?)>")

FIELDS: Mapping[str, Callable[[Draw], str]] = {
    "time": lambda d: d.moment().strftime("%Y-%m-%dT%H:%M:%S.") + f"{d.number(0, 999):03}Z",
    "stamp": lambda d: d.moment().strftime("%Y-%m-%d %H:%M:%S,") + f"{d.number(0, 999):03}",
    "syslog": lambda d: d.moment().strftime("%b %d %H:%M:%S"),
    "clf": lambda d: d.moment().strftime("%d/%b/%Y:%H:%M:%S +0000"),
    "klog": lambda d: d.moment().strftime("%m%d %H:%M:%S.") + f"{d.number(0, 999999):06}",
    "clock": lambda d: d.moment().strftime("%H:%M"),
    "day": lambda d: d.moment().strftime("%Y-%m-%d"),
    "epoch": lambda d: str(int(d.moment().timestamp())),
    "service": lambda d: d.one(SERVICES),
    "space": lambda d: d.one(SPACES),
    "person": lambda d: d.one(PEOPLE),
    "zone": lambda d: d.one(ZONES),
    "env": lambda d: d.one(["prod", "staging", "dev", "preprod"]),
    "pod": lambda d: f"{d.one(SERVICES)}-{d.text(POD, 9)}-{d.text(POD, 5)}",
    "node": lambda d: f"ip-10-{d.number(0, 255)}-{d.number(0, 255)}-{d.number(1, 254)}.{d.one(ZONES)}.compute.internal",
    "host": lambda d: f"{d.one(['db', 'app', 'cache', 'mq', 'bastion'])}-{d.number(1, 24):02}.{d.one(SPACES)}.internal",
    "ip": lambda d: f"10.{d.number(0, 255)}.{d.number(0, 255)}.{d.number(1, 254)}",
    "uuid": lambda d: d.uuid(),
    "trace": lambda d: d.text(HEX, 32),
    "span": lambda d: d.text(HEX, 16),
    "sha": lambda d: d.text(HEX, 40),
    "short": lambda d: d.text(HEX, 7),
    "digest": lambda d: "sha256:" + d.text(HEX, 64),
    "hash": lambda d: d.text(HEX, 64),
    "ms": lambda d: str(d.number(2, 4999)),
    "count": lambda d: str(d.number(1, 900)),
    "big": lambda d: str(d.number(10_000, 99_999_999)),
    "pid": lambda d: str(d.number(100, 32_000)),
    "port": lambda d: str(d.number(30_000, 65_000)),
    "share": lambda d: f"{d.number(1, 99)}.{d.number(0, 99):02}",
    "version": lambda d: f"{d.number(0, 9)}.{d.number(0, 40)}.{d.number(0, 30)}",
    "ticket": lambda d: f"{d.one(['OPS', 'INC', 'PAY', 'SRE', 'PLAT'])}-{d.number(100, 9999)}",
    "account": lambda d: d.text(string.digits, 12),
    "sum": lambda d: d.base64(32),
    "fingerprint": lambda d: d.base64(32).rstrip("="),
    "integrity": lambda d: d.base64(64),
    "payload": lambda d: base64.b64encode(json.dumps({"order": d.number(1, 9999), "state": "paid"}).encode()).decode(),
    "edkey": lambda d: "AAAAC3NzaC1lZDI1NTE5AAAAI" + d.base64(33)[:43],
    "rsakey": lambda d: "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + d.base64(256)[:340] + "IDAQAB",
    "block": lambda d: "MIIDdzCC" + d.base64(42) + "\n" + "\n".join(d.base64(48) for _ in range(d.number(12, 20))),
    "ulid": lambda d: "01J" + d.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23),
    "resource": lambda d: d.text(HEX, 17),
    "hexbyte": lambda d: d.text(HEX, 16),
    "route": lambda d: (
        f"/api/v{d.number(1, 3)}/{d.one(['orders', 'carts', 'users', 'invoices'])}/{d.number(1, 99_999)}"
    ),
}


def fill(draw: Draw, template: str, given: Mapping[str, str]) -> str:
    """Fill a template's slots with what is given, and the others with plausible random values."""
    kept: dict[str, str] = dict(given)

    def value(match: re.Match[str]) -> str:
        slot, field = match[1] + match[2], match[1]
        if slot not in kept:
            if field not in FIELDS:
                return match[0]
            kept[slot] = FIELDS[field](draw)
        return kept[slot]

    return SLOT.sub(value, template)


def spellings(words: str) -> dict[str, str]:
    """Spell a name of several words in the ways of different languages of configuration."""
    parts = words.lower().split()
    capital = [part.title() for part in parts]
    return {
        "KEY_NAME": "_".join(parts).upper(),
        "key_name": "_".join(parts),
        "key-name": "-".join(parts),
        "key.name": ".".join(parts),
        "keyName": parts[0] + "".join(capital[1:]),
        "KeyName": "".join(capital),
        "key name": " ".join(parts),
    }
