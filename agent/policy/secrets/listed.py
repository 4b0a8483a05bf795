"""Which argument of a list is a secret? A list of arguments is read as the command line that it stands for."""

import re
from bisect import bisect
from collections.abc import Iterator

from agent.policy.first_words import lowered as small_of
from agent.policy.secrets.commands import command_secrets
from agent.policy.secrets.spans import Found

_AUDITED = re.compile(r"\ba0=\"[^\"\n]{1,200}\"(?: a\d{1,2}=\"?[^\"\n]{1,400}?\"?(?= a\d{1,2}=|\s|\Z)){1,60}")
_AUDITED_ITEM = re.compile(r"\ba\d{1,2}=\"(?P<said>[^\"\n]{1,400})\"")
_JSON = re.compile(
    r"\[\s{0,20}(?:(?P<q>\\{0,3}[\"'])[^\"'\n\\]{1,400}(?P=q)(?:,\s{0,20}(?=\\{0,3}[\"'])|\s{0,20}(?=\]))){2,60}\]"
)
_JSON_ITEM = re.compile(r"(?P<q>\\{0,3}[\"'])(?P<said>[^\"'\n\\]{1,400})(?P=q)")


def listed_secrets(text: str, lowered: str) -> Iterator[Found]:
    """By what the command takes as a password: `a0="sshpass" a1="-p" a2="X"`, `["sshpass", "-p", "X"]`."""
    if 'a0="' in lowered:
        for command in _AUDITED.finditer(text):
            yield from _read(text, command, _AUDITED_ITEM)
    if '"-' in lowered or "'-" in lowered:
        for command in _JSON.finditer(text):
            yield from _read(text, command, _JSON_ITEM)


def _read(text: str, command: re.Match[str], item: re.Pattern[str]) -> Iterator[Found]:
    spans = [one.span("said") for one in item.finditer(text, *command.span())]
    line, begins = "", list[int]()
    for start, end in spans:
        begins.append(len(line))
        line += f"{text[start:end]} "
    for found in command_secrets(line, small_of(line)):
        at = bisect(begins, found.start) - 1
        start, end = spans[at]
        yield Found(start + found.start - begins[at], min(end, start + found.end - begins[at]), found.label)
