"""Where in a text is something that must not leave? Every way of telling is asked; what overlaps goes as one."""

import re
from bisect import bisect
from collections.abc import Iterator

from agent.policy.anchors import lowered
from agent.policy.secrets.answers import answer_secrets
from agent.policy.secrets.appointed import appointed_secrets
from agent.policy.secrets.blocks import block_secrets
from agent.policy.secrets.commands import command_secrets
from agent.policy.secrets.cookies import cookies
from agent.policy.secrets.drawn import drawn_secrets
from agent.policy.secrets.named import named_secrets
from agent.policy.secrets.patterns import PATTERNS, patterned
from agent.policy.secrets.placed import placed_secrets
from agent.policy.secrets.records import record_secrets
from agent.policy.secrets.spans import Found
from agent.policy.secrets.tables import table_secrets
from agent.policy.secrets.told import told_secrets

_ESCAPED = re.compile(r"(?<!\\)\\n")
"""The end of a line as JSON writes it; two characters, so that places stay what they are."""

SECRET_LABELS = frozenset(
    {"password", "secret", "cookie", "drawn"} | {one.label for one in PATTERNS if not one.personal}
)
PERSONAL_LABELS = frozenset(one.label for one in PATTERNS if one.personal)


def findings(text: str) -> list[Found]:
    """In order and apart. A secret that holds an address goes as a whole."""
    small = lowered(text)
    lines = _ESCAPED.sub(" \n", text)
    found = [
        *patterned(text, small),
        *named_secrets(text, small),
        *cookies(text, small),
        *command_secrets(lines, small),
        *placed_secrets(lines, small),
        *told_secrets(lines, small),
        *appointed_secrets(lines, small),
        *block_secrets(lines, small),
        *record_secrets(lines, small),
        *table_secrets(lines, small),
        *answer_secrets(lines, small),
        *drawn_secrets(text),
    ]
    if len(found) < 2:
        return found
    secrets = list(_merged(one for one in found if not one.personal))
    return sorted([*secrets, *_apart([one for one in found if one.personal], secrets)])


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
