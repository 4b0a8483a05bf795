"""Which sections does the text of `kubectl describe` have?  It has no grammar: they are told by indentation."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tools.recording.kubectl_words import absent

_KEY = re.compile(r"([A-Za-z][^:]*?):(?:\s+(.*))?$")


@dataclass(frozen=True)
class Section:
    """One `Key: value` with all that stands indented below it."""

    key: str
    value: str
    lines: tuple[str, ...]

    @property
    def sections(self) -> "list[Section]":
        return sections(self.lines)

    @property
    def values(self) -> list[str]:
        """Its own value and the lines that go on with it."""
        return [text for one in (self.value, *self.lines) if (text := absent(one))]


def sections(lines: Iterable[str]) -> list[Section]:
    """The sections on the outermost level."""
    found: list[tuple[str, str, list[str]]] = []
    outer = None
    for line in lines:
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        outer = indent if outer is None else min(outer, indent)
        key = _KEY.match(line.strip())
        if indent <= outer and key:
            found.append((key[1].strip(), (key[2] or "").strip(), []))
        elif found:
            found[-1][2].append(line)
    return [Section(key, value, tuple(below)) for key, value, below in found]
