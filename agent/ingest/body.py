"""Is a body JSON that we can use?  Read once, within caps; what is refused keeps its bytes and says why.

A list of alerts is read element by element, so that a bad one, a body that breaks off, or a list over the cap
costs nothing but itself.
"""

import re
from dataclasses import dataclass, field

from pydantic import JsonValue

from agent.ingest.strict_json import Broken, Text, Unusable, shown
from agent.ports import Unparsed

MAX_BODY = 5 * 2**20
"""Bytes that are read; of a larger body the beginning is used."""
MAX_ITEMS = 5_000
"""Elements of a list that are read; the others are kept as they came."""
MAX_DEPTH = 32
MAX_CONTAINERS = 200_000
"""Objects and lists in one body: they are what costs memory (about 200 bytes each)."""
MAX_VALUES = 600_000


@dataclass(frozen=True)
class Item:
    """One element of the list, and where its text stands in the body's."""

    value: JsonValue
    text: str
    start: int
    end: int

    @property
    def raw(self) -> bytes:
        return _bytes(self.text, self.start, self.end)

    def unparsed(self, reason: str) -> Unparsed:
        return Unparsed(body=self.raw, reason=reason)


@dataclass
class Reading:
    """What a body held: the fields of its object, the elements of its list, and what could not be read."""

    fields: dict[str, JsonValue] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    unparsed: list[Unparsed] = field(default_factory=list)
    listed: bool = False
    """The list was there, though it may have been empty."""
    text: str = ""


def read(body: bytes, list_name: str = "") -> Reading:
    """Read an object (its list `list_name` element by element) or a bare list. Never raises."""
    kept = body[:MAX_BODY]
    note = f" The body has more than {MAX_BODY} bytes; only these were kept." if len(body) > MAX_BODY else ""
    try:
        _check_size(kept)
        _check_depth(kept)
        return _Reader(_decode(kept, cut=bool(note)), list_name, note).read()
    except Unusable as problem:
        return Reading(unparsed=[Unparsed(body=kept, reason=f"{problem}{note}")])


def elements(found: Reading) -> list[Item]:
    """The list's elements; or the object itself, when it came alone."""
    if found.listed or found.unparsed:
        return found.items
    return [Item(found.fields, found.text, 0, len(found.text))]


def _check_size(body: bytes) -> None:
    containers = body.count(b"{") + body.count(b"[")
    if containers > MAX_CONTAINERS:
        raise Unusable(f"The body has more than {MAX_CONTAINERS} objects and lists.")
    if containers + body.count(b",") > MAX_VALUES:
        raise Unusable(f"The body has more than {MAX_VALUES} values.")


# Possessive, and happy with a missing closing quote: no input makes it look at a byte twice.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def _check_depth(body: bytes) -> None:
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.findall(body):
        if token in (b"{", b"["):
            depth += 1
            if depth > MAX_DEPTH:
                raise Unusable(f"The body is nested more than {MAX_DEPTH} deep.")
        elif token in (b"}", b"]"):
            depth -= 1


def _decode(body: bytes, *, cut: bool) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise Unusable("The body begins with a byte order mark, which JSON must not (RFC 8259, section 8.1).")
    if body.startswith(b"\x1f\x8b"):
        raise Unusable("The body is compressed; send it as it is.")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A cut may go through a character.
        if cut and error.start >= len(body) - 4:
            return body[: error.start].decode()
        raise Unusable(f"The body is not UTF-8: byte {error.start}.") from None


class _Reader:
    def __init__(self, text: str, list_name: str, note: str) -> None:
        self._text = text
        self._list_name = list_name
        self._note = note
        self._found = Reading(text=text)
        self._values = Text(text)
        self._read_to = 0
        """Everything before this is read, or kept as unparsed."""
        self._left = (0, 0)
        """Where the elements over the cap begin, and how many they are."""

    def read(self) -> Reading:
        try:
            self._end(self._body(self._blank(0)))
        except Broken as broken:
            self._keep_tail(broken)
        self._keep_left()
        return self._found

    def _keep_tail(self, broken: Broken) -> None:
        reason = f"The body is not JSON from character {broken.position} on: {broken}."
        if not self._found.items:
            raise Unusable(reason)
        tail = _bytes(self._text, self._read_to, len(self._text))
        self._found.unparsed.append(Unparsed(body=tail, reason=reason + self._note))

    def _keep_left(self) -> None:
        start, count = self._left
        if count:
            reason = f"{count} alerts over the cap of {MAX_ITEMS} in one body." + self._note
            left = _bytes(self._text, start, self._read_to)
            self._found.unparsed.append(Unparsed(body=left, reason=reason, count=count))

    def _body(self, at: int) -> int:
        match self._text[at : at + 1]:
            case "{":
                return self._object(at + 1)
            case "[":
                return self._list(at + 1)
            case "":
                raise Unusable("The body is empty.")
            case _:
                raise Unusable("The body is neither a JSON object nor a list.")

    def _end(self, at: int) -> None:
        if (end := self._blank(at)) < len(self._text):
            raise Broken(end, "there is text after the end")

    def _object(self, at: int) -> int:
        at = self._blank(at)
        more = self._text[at : at + 1] != "}"
        end = at + 1
        while more:
            key, at = self._key(at)
            if key == self._list_name and self._text[at : at + 1] == "[":
                at = self._list(at + 1)
            else:
                self._found.fields[key], at = self._values.value(at)
            end, more = self._next(at, "}")
            at = end
        return end

    def _key(self, at: int) -> tuple[str, int]:
        key, at = self._values.value(at)
        if not isinstance(key, str):
            raise Broken(at, "expected a name in quotes")
        if key in self._found.fields or (key == self._list_name and self._found.listed):
            raise Unusable(f"The name {shown(key)} stands twice in one object.")
        at = self._blank(at)
        if self._text[at : at + 1] != ":":
            raise Broken(at, "expected a colon")
        return key, self._blank(at + 1)

    def _list(self, at: int) -> int:
        self._found.listed = True
        at = self._blank(at)
        more = self._text[at : at + 1] != "]"
        end = at + 1
        while more:
            at = self._item(at)
            self._read_to = at
            end, more = self._next(at, "]")
            at = end
        return end

    def _item(self, at: int) -> int:
        if len(self._found.items) >= MAX_ITEMS:
            start, count = self._left
            self._left = (start if count else at, count + 1)
            return self._values.past(at)
        try:
            value, end = self._values.value(at)
        except Unusable as problem:
            end = self._values.past(at)
            self._found.unparsed.append(Unparsed(body=_bytes(self._text, at, end), reason=str(problem)))
        else:
            self._found.items.append(Item(value, self._text, at, end))
        return end

    def _next(self, at: int, closing: str) -> tuple[int, bool]:
        """Past the comma, and True; or past the closing bracket, and False."""
        at = self._blank(at)
        found = self._text[at : at + 1]
        if found == ",":
            return self._blank(at + 1), True
        if found == closing:
            return at + 1, False
        raise Broken(at, f"expected a comma or {closing}" if found else "it breaks off")

    def _blank(self, at: int) -> int:
        found = _BLANK.match(self._text, at)
        return found.end() if found else at


def _bytes(text: str, start: int, end: int) -> bytes:
    """A part of the text as it came; piece by piece, since wide characters make a copy four times as large."""
    return b"".join(text[at : min(at + _PIECE, end)].encode() for at in range(start, end, _PIECE))


_PIECE = 64 * 1024
_BLANK = re.compile(r"[ \t\n\r]*+")
