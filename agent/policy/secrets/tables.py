"""Which cells of a table are secrets by the name above them? Drawn with bars, in columns of blanks, tabs or commas."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.policy.secrets.names import Trust, trust
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import secret_under, settled

_STEMS = (
    "pass",
    "pwd",
    "pw",
    "token",
    "secret",
    "key",
    "psk",
    "pin",
    "cred",
    "code",
    "wort",
    "contrase",
    "senha",
    "sid",
    "sess",
)
_MOST = 400
"""Characters of a line of a table; of more lines than `_ROWS` none is looked at."""
_ROWS = 200
_RULE = re.compile(r"[ \t]*[|+├┌╞]?[ \t]*[-=─═╪:+|┼┬┤ ]{3,}[|+┤╡]?[ \t\r]*")
_LAYOUTS = (
    re.compile(r"[^|\n]+(?:\|{1,2}|$)"),
    re.compile(r"[^│┃║\n]+(?:[│┃║]|$)"),
    re.compile(r"[^\t\n]+(?:\t|$)"),
    re.compile(r"\S+(?: \S+)*(?:[ ]{2,}|$)"),
    re.compile(r"(?:\"(?:[^\"\n]|\"\")*\"|[^,\n]*)(?:,|$)"),
    re.compile(r"(?:\"(?:[^\"\n]|\"\")*\"|[^;\n]*)(?:;|$)"),
    re.compile(r"[^:\n]+(?::|$)"),
)
_SIGNS = ("|", "│", "\t", "  ", ",", ";", ":")
_DRAWN = 2
"""So many layouts have bars, and a rule below the names."""
_COLUMNS = 3
"""So many names divided by commas are a head, though they have blanks in them."""
_TITLE = re.compile(r"[A-Za-z_][\w./()#-]*(?: [\w./()#-]+){0,3}")
_WORD = re.compile(r"[a-z]{7,20}(?: [a-z]{3,20}){0,5}")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
_WIKI_HEAD = re.compile(r"(?m)^! ?(?P<names>[^\n]{1,400}!![^\n]{1,400})$")
_WIKI_ROW = re.compile(r"(?m)^\| ?(?![-}+])(?P<cells>[^\n]{1,800})$")
_AROUND = " \t*`\"'|│┃║,;:\r"


class _Cell(NamedTuple):
    said: str
    start: int


class _Row(NamedTuple):
    secrets: list[Found]
    end: int


def table_secrets(text: str, lowered: str) -> Iterator[Found]:
    """What stands in columns that are called after a secret."""
    if "!!" in text and "||" in text:
        yield from _in_wiki(text)
    end = 0
    for start, stop in _lines_with_a_stem(text, lowered):
        if start >= end:
            for found in _below(text, start, stop):
                yield from found.secrets
                end = found.end


def _in_wiki(text: str) -> Iterator[Found]:
    """Of MediaWiki: names between `!!`, cells between `||`, and a `|-` between rows."""
    for head in _WIKI_HEAD.finditer(text):
        kinds = [_kind(name.rpartition("|")[2].strip(_AROUND + "!")) for name in head["names"].split("!!")]
        if not any(kinds):
            continue
        for row in _WIKI_ROW.finditer(text, head.end(), min(len(text), head.end() + _ROWS * _MOST)):
            at = row.start("cells")
            for kind, said in zip(kinds, row["cells"].split("||"), strict=False):
                core = said.strip(_AROUND)
                if kind and secret_under(kind, core) and settled(core):
                    place = text.find(core, at)
                    yield Found(place, place + len(core), "password")
                at += len(said) + 2


def _lines_with_a_stem(text: str, lowered: str) -> list[tuple[int, int]]:
    if "\n" not in text:
        return []
    lines = set()
    for stem in _STEMS:
        at = lowered.find(stem)
        while at >= 0:
            start, stop = text.rfind("\n", max(0, at - _MOST), at), text.find("\n", at, at + _MOST)
            if stop >= 0 and (start >= 0 or at <= _MOST):
                lines.add((start + 1, stop))
            at = lowered.find(stem, stop if stop >= 0 else at + _MOST)
    return sorted(lines)


def _below(text: str, start: int, stop: int) -> Iterator[_Row]:
    layout = _layout(text, start, stop)
    names = _cells(text, start, stop, layout) if layout is not None else []
    kinds = [_kind(name.said) for name in names]
    if layout is None or len(names) < 2 or not any(kinds) or not _heads(text, stop, names, layout):
        return
    wide = _wide(names, layout)
    for begin, end in _rows(text, stop + 1):
        cells = _cells(text, begin, end, layout)
        if len(cells) == len(names):
            found = [_found(kind, cell, layout, wide=wide) for kind, cell in zip(kinds, cells, strict=True)]
            yield _Row([one for one in found if one], end)
        elif not _RULE.fullmatch(text, begin, end):
            return


def _layout(text: str, start: int, stop: int) -> int | None:
    return next((at for at, sign in enumerate(_SIGNS) if text.find(sign, start, stop) >= 0), None)


def _cells(text: str, start: int, stop: int, layout: int) -> list[_Cell]:
    found = []
    while start < stop and text[start] in "| │┃║\t":
        start += 1
    for cell in _LAYOUTS[layout].finditer(text, start, stop):
        if cell.end() > cell.start():
            said = cell[0].lstrip(_AROUND)
            found.append(_Cell(said.rstrip(_AROUND), cell.end() - len(said)))
    if _SIGNS[layout] in ",;" and text[stop - 1] in ",;":
        found.append(_Cell("", stop))
    return found[:-1] if found and layout < _DRAWN and not found[-1].said else found


def _kind(name: str) -> Trust | None:
    return trust(name.replace(" ", "_"))


def _heads(text: str, stop: int, names: list[_Cell], layout: int) -> bool:
    """Whether they are the names of columns: titles over a rule, or between bars doubled, or plain identifiers."""
    said = [name.said for name in names]
    if not all(map(_TITLE.fullmatch, said)):
        return False
    following = text.find("\n", stop + 1, stop + 1 + _MOST)
    if _RULE.fullmatch(text, stop + 1, following if following >= 0 else min(len(text), stop + _MOST)):
        return True
    if layout < _DRAWN:
        return text.startswith("||", text.rfind("\n", 0, stop) + 1) or "||" in text[stop - 3 : stop]
    if not all(map(_IDENTIFIER.fullmatch, said)):
        return _wide(names, layout)
    if _SIGNS[layout] == ":":
        return not any(char.isspace() for char in text[names[0].start : stop])
    return _SIGNS[layout] != "  " or all(one.isupper() for one in said)


def _wide(names: list[_Cell], layout: int) -> bool:
    return _SIGNS[layout] in ",;\t" and len(names) >= _COLUMNS


def _rows(text: str, at: int) -> Iterator[tuple[int, int]]:
    for _ in range(_ROWS):
        end = text.find("\n", at, at + 2 * _MOST)
        end = end if end >= 0 else min(len(text), at + 2 * _MOST)
        if end <= at:
            return
        yield at, end
        at = end + 1


def _found(kind: Trust | None, cell: _Cell, layout: int, *, wide: bool) -> Found | None:
    """Without bars around it, it must look like one."""
    if not kind or not secret_under(kind, cell.said):
        return None
    if layout >= _DRAWN and kind is Trust.CHOSEN and not (settled(cell.said) or (wide and _WORD.fullmatch(cell.said))):
        return None
    return Found(cell.start, cell.start + len(cell.said), "password")
