"""Where in a text is something that must not leave? Every way of telling is asked; what overlaps goes as one."""

import re
from bisect import bisect
from collections.abc import Iterator

from agent.policy.first_words import Words, lowered
from agent.policy.secrets.answers import answer_secrets
from agent.policy.secrets.appointed import appointed_secrets
from agent.policy.secrets.blocks import block_secrets
from agent.policy.secrets.codes import code_secrets
from agent.policy.secrets.commands import command_secrets
from agent.policy.secrets.cookies import cookies
from agent.policy.secrets.drawn import drawn_secrets
from agent.policy.secrets.exposed import exposed_secrets
from agent.policy.secrets.listed import listed_secrets
from agent.policy.secrets.logins import login_secrets
from agent.policy.secrets.named import named_secrets
from agent.policy.secrets.pairs import pair_secrets
from agent.policy.secrets.patterns import PATTERNS, patterned
from agent.policy.secrets.placed import placed_secrets
from agent.policy.secrets.records import record_secrets
from agent.policy.secrets.spans import Found
from agent.policy.secrets.tables import table_secrets
from agent.policy.secrets.told import told_secrets
from agent.policy.secrets.turned import turned_secrets
from agent.policy.secrets.words import STEMS

_ESCAPED = re.compile(r"(?<!\\)\\n")
_ENTITY = re.compile(r"&quot;|&#(?:34|39|x22|x27);|&apos;|&[lg]t;|\\u00(?:22|27|3[ce])")
_ANGLES = ("&lt;", "&gt;")
"""Of a tag, where tags are escaped; else of a value."""
_SIGNS = {"quot": '"', "34": '"', "x22": '"', "22": '"', "39": "'", "x27": "'", "apos": "'", "27": "'"}

SECRET_LABELS = frozenset(
    {"password", "secret", "cookie", "drawn"} | {one.label for one in PATTERNS if not one.personal}
)
PERSONAL_LABELS = frozenset(one.label for one in PATTERNS if one.personal)

_STEMS = Words(STEMS)
_ABOUT = (turned_secrets, appointed_secrets, code_secrets, exposed_secrets, record_secrets)
"""They find nothing in a text that holds none of the stems."""


def findings(text: str) -> list[Found]:
    """In order and apart. A secret that holds an address goes as a whole."""
    small = lowered(text)
    plain = _plain(text)
    told = small if plain is text else lowered(plain)
    lines = _ESCAPED.sub(" \n", plain)
    found = [
        *patterned(text, small),
        *named_secrets(plain, told),
        *cookies(text, small),
        *command_secrets(lines, told),
        *listed_secrets(lines, told),
        *placed_secrets(lines, told),
        *told_secrets(lines, told),
        *login_secrets(lines, told),
        *pair_secrets(lines, told),
        *block_secrets(lines, told),
        *table_secrets(lines, told),
        *answer_secrets(lines, told),
        *drawn_secrets(text),
    ]
    if _STEMS.within(told):
        found += [one for finder in _ABOUT for one in finder(lines, told)]
    if len(found) < 2:
        return found
    secrets = list(_merged(one for one in found if not one.personal))
    return sorted([*secrets, *_apart([one for one in found if one.personal], secrets)])


def _plain(text: str) -> str:
    """With quotes and brackets for the entities of HTML and JSON, of the same length: places stay what they are."""
    if "&" not in text and "\\u00" not in text:
        return text
    nested = "&lt;/" in text or "</" not in text
    return _ENTITY.sub(lambda found: _sign(found) if nested or found[0] not in _ANGLES else found[0], text)


def _sign(found: re.Match[str]) -> str:
    name = found[0].strip("&#;\\").removeprefix("u00")
    if name in ("lt", "gt", "3c", "3e"):
        return " " * (len(found[0]) - 1) + "<" if name in ("lt", "3c") else ">" + " " * (len(found[0]) - 1)
    return "\\" * (len(found[0]) - 1) + _SIGNS[name]


def _merged(found: Iterator[Found]) -> Iterator[Found]:
    last: Found | None = None
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if last is None or one.start >= last.end:
            if last:
                yield last
            last = one
        elif one.end > last.end:
            last = last._replace(end=one.end)
    if last:
        yield last


def _apart(personal: list[Found], secrets: list[Found]) -> Iterator[Found]:
    """Personal data that touches neither a secret nor what was found before it."""
    taken = sorted(secrets)
    for one in sorted(personal, key=lambda one: (one.start, -one.end)):
        at = bisect(taken, one)
        if (at == 0 or taken[at - 1].end <= one.start) and (at == len(taken) or taken[at].start >= one.end):
            taken.insert(at, one)
            yield one
